import type { Mutant } from './mutant.ts';

/** The order of the steps of a pass, and who may make them: what the rules of docs/decisions rest on. */
export const ORDER_OF_A_PASS: readonly Mutant[] = [
  {
    name: 'an older remote time counts as a read that lags for ever',
    file: 'sync/compare-remote.ts',
    find: 'if (confirmedForMs === null || confirmedForMs >= lagMs) return false;',
    replace: 'if (confirmedForMs === null) return false;',
    test: 'activities/set-back-clock',
  },
  {
    name: 'a poll starts a workflow for a read that lags',
    file: 'activities/classify-records.ts',
    find: '  if (isLagging(record, { ...known, remoteSyncedOn }, { lagMs, keys })) return false;\n',
    replace: '',
    test: 'activities/set-back-clock',
  },
  {
    name: 'a read that lags undoes a write that a clock that was set back has dated',
    file: 'database/records/upsert-records.ts',
    find: "THEN sr.remote_synced_on + interval '1 microsecond' ELSE",
    replace: 'THEN EXCLUDED.remote_synced_on ELSE',
    test: 'activities/set-back-clock',
  },
  {
    name: 'a read that lags undoes a change that a clock that was set back has dated',
    file: 'sync/compare-remote.ts',
    find: '? formatInstant(remoteSyncedOn.add({ microseconds: 1 })) : null',
    replace: '? modifiedOn : null',
    test: 'activities/set-back-clock',
  },
  {
    name: 'a delivery is not on record before it is sent',
    file: 'activities/deliver.ts',
    find: '!isCall(decision) || (await beginAttempt(',
    replace: '!isCall(decision) || intentOf(attempt, decision, judged) !== null || (await beginAttempt(',
    test: 'activities/deliver-page',
  },
  {
    name: 'a page is not on record before it is sent',
    file: 'activities/deliver-page.ts',
    find: 'const owned = await beginAttempts(orm, process.name, type, { fencingToken, workflowId: holder, intents });',
    replace:
      'const owned = new Map([beginAttempts, orm, fencingToken, holder] && intents.map((one) => [one.key, { ...one, remoteId: null }]));',
    test: 'activities/deliver-page',
  },
  {
    name: 'a delivery counts as confirmed before it is sent',
    file: 'activities/deliver.ts',
    find: '  return callTarget(attempt, input, decision, judged);',
    replace: `  await attempt.orm.em.fork().getConnection().execute(
    "UPDATE sync_person SET state = 'IN_SYNC', content_hash = ? WHERE entity_key = ?",
    [(await import('../sync/content-hash.ts')).contentHash((decision as any).content ?? {}, attempt.keys), attempt.key],
  );
  return callTarget(attempt, input, decision, judged);`,
    test: 'activities/deliver-page',
  },
  {
    name: 'entity_synced_on is the time of the delivery, not of the row that was read',
    file: 'activities/judge-pairs.ts',
    find: 'const { modifiedOn } = entity;',
    replace: 'const modifiedOn = Temporal.Now.instant().toString();',
    test: 'activities/deliver-page',
  },
  {
    name: 'times are read as Date',
    file: 'database/orm.ts',
    find: 'if (oid === TIMESTAMPTZ || oid === DATE) return',
    replace: 'if (oid < TIMESTAMPTZ || oid === DATE) return',
    test: 'database/times',
  },
  {
    name: 'a time keeps milliseconds only',
    file: 'database/entities/ems-base.ts',
    find: 'return parseInstant(text);',
    replace: 'return Temporal.Instant.fromEpochMilliseconds(parseInstant(text).epochMilliseconds);',
    test: 'database/times',
  },
  {
    name: 'everyday sweeps look no further back, though the last one has not handed over what it found',
    file: 'activities/plan-sweep.ts',
    find: '  const [first, ...others] = steps;',
    replace:
      '  await keepMark(dependencies, state, { process: process.name, mark, except: [] });\n  const [first, ...others] = steps;',
    test: 'activities/deleted-sources',
  },
  {
    name: 'a page takes a row whose own workflow is at work',
    file: 'activities/page-claims.ts',
    find: 'claimed.has(name) && !locked.has(name)',
    replace: 'claimed.has(name) && locked.size >= 0',
    test: 'activities/deliver-page',
  },
  {
    name: 'a row’s own workflow does not wait for the page that has it',
    file: 'activities/pair-locks.ts',
    find: '(await isClaimed(orm.em.fork(), names)) ? null',
    replace: '(await isClaimed(orm.em.fork(), names)) && names.length === 0 ? null',
    test: 'activities/deliver-page',
  },
  {
    name: 'a page that lost its claims goes on sending',
    file: 'activities/page-claims.ts',
    find: 'forMs: CALL_MS }))) throw lost(this.#page);',
    replace: 'forMs: CALL_MS }))) return;',
    test: 'activities/deliver-page',
  },
  {
    name: 'MailChimp is written to before the member’s consent is read',
    file: 'targets/mailchimp/send-person.ts',
    find: "? { kind: 'member', member: await api.member(hash) }",
    replace: "? { kind: 'member', member: null }",
    test: 'targets/mailchimp/consent',
  },
  {
    name: 'the suppression list is not read before the write',
    file: 'activities/judge-pairs.ts',
    find: 'suppressions: listed.get(pair.key) ?? []',
    replace: 'suppressions: listed.get(`not ${pair.key}`) ?? []',
    test: 'activities/refusals',
  },
  {
    name: 'addresses are hashed with the key of another purpose',
    file: 'sync/keyed-hash.ts',
    find: "['address:', 'address']",
    replace: "['address:', 'base']",
    test: 'sync/keyed-hash',
  },
  {
    name: 'an answer about another record is taken for this one’s',
    file: 'targets/assert-about.ts',
    find: 'if (answered === asked) return;',
    replace: "if (answered !== '') return;",
    test: 'targets/mailchimp/conformance',
  },
];
