import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { clearDue, writeDue } from '../../database/records/due-counts.ts';
import { countInSync, countOscillating, InSyncCounts, readNumbers } from '../../database/records/numbers.ts';
import { tagServer } from '../../targets/tagserver/process.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

const TAGSERVER = tagServer.process;

let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});

afterAll(() => database?.close());

beforeEach(() => database.client.query('TRUNCATE person, sync_person, sync_due, sync_comparison, sync_hold CASCADE'));

const em = () => database.orm.em.fork();
const PERSON = { process: 'TAGSERVER', type: 'Person' } as const;

const numbers = async () => (await readNumbers(em(), [TAGSERVER])).find(({ type }) => type === 'Person');

/** Changes with every write of the row. */
const version = async () => (await database.client.query('SELECT xmin::text, ctid::text FROM sync_due')).rows;

/** A person that EMS changed so long ago. */
async function changedAgo(interval: string): Promise<string> {
  const id = await database.ems.person();
  await database.client.query(
    `UPDATE person SET modified_on = clock_timestamp() - interval '${interval}' WHERE id = ${id}`,
  );
  return id;
}

test('records are counted by state, and what an open hold keeps back', async () => {
  await database.client.query(`INSERT INTO sync_person (sync_process, entity_key, state) SELECT 'TAGSERVER', key, state
    FROM unnest('{IN_SYNC,IN_SYNC,WAITING,FAILING,PARKED,PARKED,SUPPRESSED,ERASED,PENDING}'::text[]) WITH ORDINALITY AS s(state, key)`);
  await database.client.query(
    `INSERT INTO sync_person (sync_process, entity_key, state) VALUES ('MAUTIC', 1, 'FAILING')`,
  );
  await database.client
    .query(`INSERT INTO sync_hold (sync_process, entity_type, kind, held, linked, examples, held_hash, approved_on)
    VALUES ('TAGSERVER', 'Person', 'delete', 7, 9, '{}', 'x', NULL), ('TAGSERVER', 'Person', 'update', 5, 9, '{}', 'x', now())`);
  expect(await numbers()).toEqual({
    ...PERSON,
    due: 0,
    oldestDueSeconds: null,
    waiting: 1,
    failing: 1,
    parked: 2,
    suppressed: 2,
    held: 7,
  });
  expect((await countInSync(em(), [TAGSERVER])).get('TAGSERVER/Person')).toBe(2);
});

describe('how long the oldest due row has been due', () => {
  test('is how long ago EMS changed it, not how old the oldest row is', async () => {
    await database.client.query(
      "INSERT INTO sync_comparison VALUES ('TAGSERVER', 'Person', now() - interval '1 hour')",
    );
    const keys = [await changedAgo('10 minutes'), await changedAgo('2 minutes')];
    await writeDue(em(), PERSON, { due: 2, keys });
    expect((await numbers())?.oldestDueSeconds).toBeGreaterThanOrEqual(600);
    expect((await numbers())?.oldestDueSeconds).toBeLessThan(3_000);
  });

  test('is short for old rows of a process that has just been switched on', async () => {
    await writeDue(em(), PERSON, { due: 1, keys: [await changedAgo('3 years')] });
    expect((await numbers())?.oldestDueSeconds).toBeLessThan(300);
  });

  test('goes on while rows are left that an earlier plan has seen, and begins anew with other ones', async () => {
    const left = await changedAgo('1 year');
    await writeDue(em(), PERSON, { due: 1, keys: [left] });
    await database.client.query(
      "UPDATE sync_due SET due_since = due_since - interval '1 hour', measured_on = now() - interval '1 minute'",
    );
    await writeDue(em(), PERSON, { due: 1, keys: [left] });
    expect((await numbers())?.oldestDueSeconds).toBeGreaterThanOrEqual(3_600);
    const other = await changedAgo('0 minutes');
    await database.client.query("UPDATE sync_due SET measured_on = now() - interval '1 minute'");
    await writeDue(em(), PERSON, { due: 1, keys: [other] });
    expect((await numbers())?.oldestDueSeconds).toBeLessThan(600);
  });

  test('is nothing once a sweep has begun all; a second idle sweep writes nothing', async () => {
    await writeDue(em(), PERSON, { due: 3, keys: [] });
    expect(await numbers()).toMatchObject({ due: 3 });
    await clearDue(em(), 'TAGSERVER', ['Person']);
    expect(await numbers()).toMatchObject({ due: 0, oldestDueSeconds: null });
    const before = await version();
    await clearDue(em(), 'TAGSERVER', ['Person']);
    expect(await version()).toEqual(before);
  });
});

test('a row whose remote has returned to one state more than three times within the hour oscillates', async () => {
  const at = new Date().toISOString();
  const states = (hashes: readonly string[]) => JSON.stringify(hashes.map((hash) => ({ hash, at })));
  await database.client.query(
    `INSERT INTO sync_oscillation (sync_process, entity_type, entity_key, states)
     VALUES ('CHATWOOT', 'Person', 1, $1), ('CHATWOOT', 'Person', 2, $2)`,
    [states(['a', 'b', 'a', 'b', 'a', 'b', 'a']), states(['a', 'b', 'a', 'b', 'c'])],
  );
  expect(await countOscillating(em())).toEqual(new Map([['CHATWOOT', 1]]));
});

test('what is in sync is counted the more seldom the longer it takes', async () => {
  let now = 0;
  let counted = 0;
  const counts = new InSyncCounts(() => now);
  const count = (took: number) =>
    counts.get(async () => {
      counted += 1;
      now += took;
      return new Map([['TAGSERVER/Person', counted]]);
    });
  expect(await count(10)).toEqual(new Map([['TAGSERVER/Person', 1]]));
  now += 30_000;
  await count(10);
  expect(counted).toBe(1);
  now += 40_000;
  await count(1_000);
  expect(counted).toBe(2);
  now += 900_000;
  await count(10);
  expect(counted).toBe(2);
  now += 200_000;
  await count(10);
  expect(counted).toBe(3);
});
