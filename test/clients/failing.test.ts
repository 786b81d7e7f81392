import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeGroups, describeRows, groupFailures } from '../../clients/cli/failing.ts';
import { countFailures, findFailures, type FoundFailure } from '../../clients/find-failures.ts';
import { rowsThatFit } from '../../clients/descendants.ts';
import { pairsInState, parkedRemotes } from '../../clients/find-pairs.ts';
import { writeUnresolved } from '../../database/records/link-record.ts';
import { writeFailure } from '../../database/records/write-failure.ts';
import { parseInstant } from '../../sync/instant.ts';
import { TARGETS } from '../../targets/index.ts';
import { migratedDatabase, type MigratedDatabase } from '../database/migrated-database.ts';

const processes = TARGETS.map(({ process }) => process);
const chatwoot = processes.filter(({ name }) => name === 'CHATWOOT');

let database: MigratedDatabase;
let keys: readonly string[];

/** Persons who fail for two reasons at ChatWoot, one at MailChimp, and a contact of ChatWoot that EMS cannot match. */
beforeAll(async () => {
  database = await migratedDatabase();
  keys = [await database.ems.person(), await database.ems.person(), await database.ems.person()];
  const failures = [
    ['CHATWOOT', keys[0], 'rejected', 'http-422'],
    ['CHATWOOT', keys[1], 'rejected', 'http-422'],
    ['CHATWOOT', keys[2], 'target-down', 'ECONNREFUSED'],
    ['MAILCHIMP', keys[0], 'transient', 'http-429'],
  ] as const;
  for (const [process, key = '', errorClass, code] of failures) {
    const failure = { key, errorClass, code, message: 'said no', attempts: 5, workflowId: 'w' };
    await writeFailure(database.orm, process, 'Person', failure);
  }
  await database.client.query(`UPDATE sync_person SET state = 'PARKED' WHERE entity_key = $1`, [keys[0]]);
  await database.client.query(`UPDATE sync_person SET remote_id = 'hash' WHERE sync_process = 'MAILCHIMP'`);
  await writeUnresolved(database.orm.em.fork(), {
    process: 'CHATWOOT',
    type: 'Person',
    remoteId: '47',
    base: null,
    state: 'PARKED',
    waitingFor: null,
    sharedWith: null,
    errorClass: 'rejected',
    code: 'several-rows',
    reason: 'matches two',
    workflowId: 'w',
  });
});
afterAll(async () => {
  await database?.close();
});

describe('which rows fail', () => {
  test('all of them, with code, reason and since when; ids that would reveal a person are left out', async () => {
    const found = await findFailures(database.orm, processes, {}, 50);
    expect(found.map(({ process, id, state, code }) => [process, id, state, code])).toEqual([
      ['MAILCHIMP', keys[0], 'PARKED', 'MAILCHIMP-429'],
      ['CHATWOOT', keys[0], 'PARKED', 'CHATWOOT-422'],
      ['CHATWOOT', keys[1], 'FAILING', 'CHATWOOT-422'],
      ['CHATWOOT', null, 'PARKED', 'CHATWOOT-SEVERAL-ROWS'],
      ['CHATWOOT', keys[2], 'FAILING', 'CHATWOOT-UNREACHABLE'],
    ]);
    expect(found.map(({ remoteId }) => remoteId)).toEqual([null, null, null, '47', null]);
    expect(found[2]).toMatchObject({ errorClass: 'rejected', error: 'said no', attempts: 5 });
    expect(found[2]?.since).toMatch(/^20.*Z$/);
  });

  test('of one process, type or code, and no more than asked for', async () => {
    expect(await findFailures(database.orm, chatwoot, {}, 2)).toHaveLength(2);
    expect(await findFailures(database.orm, processes, { type: 'Event' }, 50)).toEqual([]);
    const withCode = await findFailures(database.orm, processes, { code: 'CHATWOOT-422' }, 50);
    expect(withCode.map(({ id }) => id)).toEqual([keys[0], keys[1]]);
  });

  test('a row that failed under an older release has the code of its class', async () => {
    await database.client.query(`UPDATE sync_person SET last_error_code = NULL WHERE sync_process = 'MAILCHIMP'`);
    const [found] = await findFailures(database.orm, processes, { code: 'MAILCHIMP-TRANSIENT' }, 50);
    expect(found?.id).toBe(keys[0]);
  });
});

describe('for which reasons', () => {
  test('the most frequent first, whatever their state', async () => {
    const counts = await countFailures(database.orm, chatwoot, {});
    expect(groupFailures(counts, 'code')).toEqual([
      { name: 'CHATWOOT-422', count: 2, failing: 1, parked: 1 },
      { name: 'CHATWOOT-SEVERAL-ROWS', count: 1, failing: 0, parked: 1 },
      { name: 'CHATWOOT-UNREACHABLE', count: 1, failing: 1, parked: 0 },
    ]);
    expect(groupFailures(counts, 'type')).toEqual([{ name: 'Person', count: 4, failing: 2, parked: 2 }]);
    const text = describeGroups(groupFailures(counts, 'code'), 'code');
    expect(text).toContain('CHATWOOT-422: ChatWoot rejects an attribute.');
    expect(text).toContain('Correct the columns that the error names in EMS');
  });
});

test('a retry by code takes only the rows with that code', async () => {
  const [process] = chatwoot;
  if (process === undefined) throw new Error('no ChatWoot');
  const states = ['PARKED', 'FAILING'] as const;
  const pairs = await pairsInState(database.orm, process, ['Person'], { states, code: 'CHATWOOT-422' });
  expect(pairs.map(({ key }) => key)).toEqual([keys[0], keys[1]]);
  expect(await parkedRemotes(database.orm, process, ['Person'], 'CHATWOOT-422')).toEqual([]);
  expect(await parkedRemotes(database.orm, process, ['Person'], 'CHATWOOT-SEVERAL-ROWS')).toHaveLength(1);
  expect(await parkedRemotes(database.orm, process, ['Person'])).toHaveLength(1);
});

describe('as an operator reads it', () => {
  const row: FoundFailure = {
    process: 'TAGSERVER',
    type: 'EventParticipant',
    id: '4711',
    remoteId: null,
    state: 'PARKED',
    code: 'TAGSERVER-409-DUPLICATE-BIB',
    errorClass: 'rejected',
    error: 'bib: is EventParticipant/12’s',
    attempts: 0,
    since: '2026-11-30T10:00:00.000000Z',
  };

  test('each row with its age and code, each code with what to do, and how many more there are', () => {
    const text = describeRows([row, { ...row, id: '4712' }], 9, parseInstant('2026-11-30T10:01:30Z'));
    expect(text).toMatch(/TAGSERVER.*EventParticipant\/4711.*parked.*90 s.*TAGSERVER-409-DUPLICATE-BIB/);
    expect(text.match(/Give one of the two another bib/g)).toHaveLength(1);
    expect(text).toContain('… and 7 more');
  });

  test('nothing', () => {
    expect(describeRows([], 0)).toBe('nothing fails, and nothing is parked');
    expect(describeGroups([], 'code')).toBe('nothing fails, and nothing is parked');
  });
});

test('rows to be looked at again are found page by page, each filter among them', async () => {
  const [first = '', second = '', third = ''] = keys;
  const persons = { process: 'CHATWOOT', type: 'Person' } as const;
  const page = (filter: Parameters<typeof rowsThatFit>[2], after: string | null = null, limit = 2) =>
    rowsThatFit(database.orm, persons, filter, { after, limit });
  expect(await page({})).toEqual([first, second]);
  expect(await page({}, second)).toEqual([third]);
  expect(await page({}, third)).toEqual([]);
  expect(await page({ keys: [third, second] }, second)).toEqual([third]);
  expect(await page({ code: 'CHATWOOT-422' }, first)).toEqual([second]);
  expect(await page({ since: '2099-01-01T00:00:00Z' })).toEqual([]);
  expect(await page({ until: '2099-01-01T00:00:00Z' })).toEqual([first, second]);
});
