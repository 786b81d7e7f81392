/** A deliberate fault: a text of one file is replaced, and a named test must notice. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Below `test/`, without `.test.ts`. */
  readonly test: string;
}

/** What a careless change could break without a compile error. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the brake holds one row too early',
    file: 'sync/brake-limit.ts',
    find: 'rows > count &&',
    replace: 'rows >= count &&',
    test: 'sync/brake-limit',
  },
  {
    name: 'an emptied table passes the brake',
    file: 'sync/brake-limit.ts',
    find: "if (kind === 'delete' && rows >=",
    replace: "if (kind === 'update' && rows >=",
    test: 'sync/brake-limit',
  },
  {
    name: 'an emptied account unlinks everybody',
    file: 'sync/missing-limit.ts',
    find: 'return isMost ||',
    replace: 'return',
    test: 'sync/missing-limit',
  },
  {
    name: 'missing records are not held',
    file: 'activities/find-missing.ts',
    find: 'if (isTooMany(',
    replace: 'if (keys.length < 0 && isTooMany(',
    test: 'activities/find-missing',
  },
  {
    name: 'a remote record that carries another id is ours',
    file: 'sync/whose-record.ts',
    find: 'if (emsKey !== null && emsKey !== key)',
    replace: 'if (emsKey !== null && emsKey === null)',
    test: 'sync/whose-record',
  },
  {
    name: 'a remote record that has lost our id is ours',
    file: 'sync/whose-record.ts',
    find: 'if (emsKey === null && wasSigned)',
    replace: 'if (emsKey === undefined && wasSigned)',
    test: 'sync/whose-record',
  },
  {
    name: 'a row whose id was given out again is the former one',
    file: 'sync/identity.ts',
    find: ').length >= differing;',
    replace: ').length > 99 + differing;',
    test: 'sync/identity',
  },
  {
    name: 'a reissued row is written over the former one’s record',
    file: 'sync/judge-outbound.ts',
    find: 'if (record?.reissued === true)',
    replace: 'if (record?.reissued === (null as never))',
    test: 'activities/reissued',
  },
  {
    name: 'a row whose consent is refused is sent',
    file: 'sync/judge-outbound.ts',
    find: 'if (withhold && suppressions.length > 0)',
    replace: 'if (withhold && suppressions.length > 99)',
    test: 'sync/judge-outbound',
  },
  {
    name: 'who was erased is sent again',
    file: 'sync/judge-outbound.ts',
    find: 'if (isErased(suppressions)) return',
    replace: 'if (isErased([])) return',
    test: 'sync/judge-outbound',
  },
  {
    name: 'an unlinked pair is sent',
    file: 'sync/judge-outbound.ts',
    find: "if (record?.state === 'UNLINKED') return",
    replace: 'if (record?.state === (null as never)) return',
    test: 'sync/judge-outbound',
  },
  {
    name: 'a hash counts though nothing was confirmed',
    file: 'sync/judge-outbound.ts',
    find: "['IN_SYNC', 'SUPPRESSED'].includes(record.state) && hasHash",
    replace: "['IN_SYNC', 'SUPPRESSED', 'PENDING', 'CREATING', 'FAILING'].includes(record.state) && hasHash",
    test: 'sync/judge-outbound',
  },
  {
    name: 'an opt-in of EMS overrides a bounce',
    file: 'sync/suppression.ts',
    find: "= ['unsubscribed', 'manual'];",
    replace: "= ['unsubscribed', 'manual', 'bounced'];",
    test: 'sync/suppression',
  },
  {
    name: 'ping-pong is stopped one round too early',
    file: 'sync/oscillation.ts',
    find: '> SAME_STATE_PER_HOUR',
    replace: '>= SAME_STATE_PER_HOUR',
    test: 'sync/oscillation',
  },
  {
    name: 'one key serves every purpose',
    file: 'sync/derived-keys.ts',
    find: "'ems-sync', purpose, BYTES",
    replace: "'ems-sync', 'name', BYTES",
    test: 'sync/derived-keys',
  },
  {
    name: 'a content hash has no key',
    file: 'sync/content-hash.ts',
    find: 'return keyedDigest(contentDigest(content, form), keys);',
    replace: 'return contentDigest(content, form) as never;',
    test: 'sync/content-hash',
  },
  {
    name: 'sealed values open under another conflict',
    file: 'sync/sealed-values.ts',
    find: '.setAAD(Buffer.from(of));',
    replace: ".setAAD(Buffer.from(''));",
    test: 'sync/sealed-values',
  },
  {
    name: 'the intent of an older attempt wins',
    file: 'database/records/begin-attempt.ts',
    find: 'WHERE sr.pass < EXCLUDED.pass',
    replace: 'WHERE sr.pass IS NOT NULL',
    test: 'database/records',
  },
  {
    name: 'the result of an older attempt wins',
    file: 'database/records/upsert-records.ts',
    find: 'WHERE sr.pass <= EXCLUDED.pass',
    replace: 'WHERE sr.pass IS NOT NULL',
    test: 'database/records',
  },
  {
    name: 'everyday sweeps lose late commits',
    file: 'database/detection/lower-bound.ts',
    find: 'pg_current_xact_id()::text AS xid',
    replace: 'pg_snapshot_xmax(pg_current_snapshot())::text AS xid',
    test: 'database/moment',
  },
  {
    name: 'a deleted preference waits for the full comparison',
    file: 'activities/plan-slice.ts',
    find: "return gone.includes('ContactPreference') ||",
    replace: 'return sources.size < 0 &&',
    test: 'activities/deleted-sources',
  },
  {
    name: 'a text that is longer than the limit is loaded',
    file: 'database/records/find-rows.ts',
    find: 'const LONGEST_TEXT = 20_000;',
    replace: 'const LONGEST_TEXT = 30_000;',
    test: 'database/long-texts',
  },
  {
    name: 'Retry-After is ignored',
    file: 'activities/error-mapping.ts',
    find: 'nextRetryDelay: error.retryAfterMs',
    replace: 'message: error.message',
    test: 'activities/error-mapping',
  },
  {
    name: 'redirects are followed, with personal data',
    file: 'targets/http.ts',
    find: 'followRedirect: false',
    replace: 'followRedirect: true',
    test: 'targets/tagserver/hostile-remote',
  },
  {
    name: 'MailChimp’s 405 means archived',
    file: 'targets/mailchimp/http.ts',
    find: '(status === 404 || status === 405)) return',
    replace: '(status === 404)) return',
    test: 'targets/mailchimp/found-in-use',
  },
  {
    name: 'Mautic’s key is misspelt',
    file: 'targets/mautic/shape.ts',
    find: '!isTrue(field.isUniqueIdentifier)',
    replace: "!isTrue((field as never)['isUniqueIdentifer'])",
    test: 'targets/mautic/shape',
  },
  {
    name: 'an old webhook is taken',
    file: 'clients/gateway/verify-signature.ts',
    find: '> TOLERANCE_MS) return',
    replace: '> 1e6 * TOLERANCE_MS) return',
    test: 'clients/gateway',
  },
  {
    name: 'a replayed webhook is taken by another gateway',
    file: 'clients/gateway/taken-webhooks.ts',
    find: 'return rows.length > 0;',
    replace: 'return rows.length >= 0;',
    test: 'database/taken-webhooks',
  },
  {
    name: 'targets in the clear are accepted',
    file: 'settings/insecure-settings.ts',
    find: 'if (common.ALLOW_INSECURE) return [];',
    replace: 'if (common.DATABASE_URL) return [];',
    test: 'settings/insecure-settings',
  },
  {
    name: 'a terminal obeys a remote’s text',
    file: 'clients/visible-text.ts',
    find: 'const HIDDEN = /[\\p{Cc}\\p{Cf}',
    replace: 'const HIDDEN = /[\\p{Cf}',
    test: 'clients/visible-text',
  },
];
