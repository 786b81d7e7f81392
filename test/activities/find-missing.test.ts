import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { findMissing } from '../../activities/find-missing.ts';
import type { ProcessContext } from '../../activities/context.ts';
import { approveHold, isHeld, readHolds } from '../../database/records/missing.ts';
import { migratedDatabase, type MigratedDatabase } from '../database/migrated-database.ts';

let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});

afterAll(async () => {
  await database?.close();
});

/** Forty persons with one contact each, whose number is their id. */
beforeEach(async () => {
  await database.client.query('TRUNCATE sync_person, sync_missing, sync_hold');
  await database.client.query(`INSERT INTO person (id, modified_on) SELECT n, now() FROM generate_series(1, 40) n
    ON CONFLICT DO NOTHING`);
  await database.client.query(`INSERT INTO sync_person (sync_process, entity_id, entity_key, remote_id, state)
    SELECT 'CHATWOOT', n, n, n, 'IN_SYNC' FROM generate_series(1, 40) n`);
});

const em = () => database.orm.em.fork();
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);

/** Reads the whole list in two pages: contacts up to 20, and the others; `present` are the listed ones. */
async function list(present: readonly string[]) {
  const context = { orm: database.orm, missingLimit: { count: 3, share: 5 } } as ProcessContext;
  const input = { process: 'CHATWOOT', type: 'Person', scope: 'contacts' } as const;
  const shown = (from: number, to: number) =>
    present.filter((id) => Number(id) >= from && Number(id) <= to).map((remoteId) => ({ remoteId })) as never;
  const common = { seenUpTo: null };
  const first = { ...common, records: shown(1, 20), next: '2:20', covers: { after: null, upTo: '20' } };
  const last = { ...common, records: shown(21, 40), next: null, covers: { after: '20', upTo: null } };
  const before = await findMissing(context, { ...input, page: null }, first);
  expect(before).toEqual({ pairs: [], held: null });
  return findMissing(context, { ...input, page: '2:20' }, last);
}

describe('remote records that a whole list does not show', () => {
  test('are looked at each, if they are few', async () => {
    expect(await list(numbers(3, 39))).toEqual({
      pairs: ['1', '2', '40'].map((key) => ({ type: 'Person', key })),
      held: null,
    });
  });

  test('are held, over all pages together, if they are many: none is looked at', async () => {
    const { pairs, held } = await list(numbers(3, 38));
    expect(pairs).toEqual([]);
    expect(held).toMatch(/^HELD: 4 of 40 linked Person are missing at CHATWOOT at once.*approve CHATWOOT \d+$/);
    expect(await readHolds(em(), ['CHATWOOT'])).toMatchObject([
      { held: 4, linked: 40, examples: ['1', '2', '39', '40'] },
    ]);
    expect(await isHeld(em(), { process: 'CHATWOOT', type: 'Person', kind: 'unlink' })).toBe(true);
    expect(await isHeld(em(), { process: 'RUNSIGNUP', type: 'Person', kind: 'unlink' })).toBe(false);
  });

  test('are no longer held once they are back', async () => {
    await list(numbers(3, 38));
    expect(await list(numbers(1, 40))).toEqual({ pairs: [], held: null });
    expect(await readHolds(em(), ['CHATWOOT'])).toEqual([]);
  });

  test('pass when they were approved, and only those very ones: others ask again, under another number', async () => {
    await list(numbers(3, 38));
    const [held] = await readHolds(em(), ['CHATWOOT']);
    expect(await approveHold(em(), 'CHATWOOT', held?.id ?? '')).toMatchObject({ held: 4 });
    expect((await list(numbers(4, 38))).held).toMatch(/^HELD: 5 of 40/);
    const [again] = await readHolds(em(), ['CHATWOOT']);
    expect(again).toMatchObject({ approvedOn: null });
    expect(again?.id).not.toBe(held?.id);
    expect(await approveHold(em(), 'CHATWOOT', held?.id ?? '')).toBeNull();

    await approveHold(em(), 'CHATWOOT', again?.id ?? '');
    expect((await list(numbers(4, 38))).pairs).toHaveLength(5);
    expect(await readHolds(em(), ['CHATWOOT'])).toEqual([]);
  });

  test('of a list that was not read to its end are forgotten: the next one begins anew', async () => {
    const context = { orm: database.orm, missingLimit: { count: 3, share: 5 } } as ProcessContext;
    const input = { process: 'CHATWOOT', type: 'Person', scope: 'contacts', page: null } as const;
    const page = { records: [], next: '2:20', seenUpTo: null, covers: { after: null, upTo: '20' } };
    await findMissing(context, input, page);
    expect(await list(numbers(2, 40))).toEqual({ pairs: [{ type: 'Person', key: '1' }], held: null });
  });
});
