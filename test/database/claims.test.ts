import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import {
  announceCall,
  beginPageAttempt,
  claimNames,
  endPageAttempt,
  releaseClaims,
} from '../../database/records/claims.ts';
import { waitUntil } from '../wait-until.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

const HOLDER = 'MAILCHIMP/Person/page-1';
const FOR_MS = 360_000;
const CALL_MS = 100_000;

let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});

afterEach(async () => {
  await database.client.query('DELETE FROM sync_claim; DELETE FROM sync_page_attempt');
});

afterAll(async () => {
  await database?.close();
});

const em = () => database.orm.em.fork();

const of = (fencingToken: bigint, holder = HOLDER) => ({ holder, fencingToken });

const begin = (fencingToken: bigint) => beginPageAttempt(em(), { ...of(fencingToken), forMs: FOR_MS });

const call = (fencingToken: bigint) => announceCall(em(), { ...of(fencingToken), forMs: CALL_MS });

describe('attempts at a page', () => {
  test('begin only when no call of an earlier one can be on its way, which makes none after that', async () => {
    expect(await begin(1n)).toBe(true);
    expect(await call(1n)).toBe(true);
    expect(await begin(2n)).toBe(false);
    await database.client.query(`UPDATE sync_page_attempt SET calling_until = clock_timestamp() - interval '1 ms'`);
    expect(await begin(2n)).toBe(true);
    expect(await call(1n)).toBe(false);
    expect(await call(2n)).toBe(true);
  });

  test('begin at once after one that has ended', async () => {
    expect(await begin(1n)).toBe(true);
    expect(await call(1n)).toBe(true);
    await endPageAttempt(em(), of(1n));
    expect(await begin(2n)).toBe(true);
    await endPageAttempt(em(), of(1n));
    expect(await call(2n)).toBe(true);
  });

  test('do not begin after a later one', async () => {
    expect(await begin(2n)).toBe(true);
    expect(await begin(1n)).toBe(false);
    expect([...(await claimNames(em(), ['a'], of(1n)))]).toEqual([]);
  });

  test('make no call that could outlast their claims', async () => {
    await beginPageAttempt(em(), { ...of(1n), forMs: CALL_MS - 1_000 });
    expect(await call(1n)).toBe(false);
  });

  test('take over the claims of an earlier one, and no other page’s', async () => {
    await begin(1n);
    expect([...(await claimNames(em(), ['b', 'a'], of(1n)))].toSorted()).toEqual(['a', 'b']);
    await beginPageAttempt(em(), { ...of(2n, 'another'), forMs: FOR_MS });
    expect([...(await claimNames(em(), ['a', 'c'], of(2n, 'another')))]).toEqual(['c']);
    await begin(3n);
    expect([...(await claimNames(em(), ['a', 'b', 'c'], of(3n)))].toSorted()).toEqual(['a', 'b']);
  });
});

test('claims are released in the order in which they are made, so that two pages cannot wait for each other', async () => {
  await begin(1n);
  // In the table, the later name comes first.
  await claimNames(em(), ['b'], of(1n));
  await claimNames(em(), ['a'], of(1n));
  const other = new Client({ connectionString: database.url });
  await other.connect();
  try {
    await other.query('BEGIN');
    await other.query(`SELECT FROM sync_claim WHERE lock_name = 'a' FOR UPDATE`);
    const released = releaseClaims(em(), ['a', 'b'], of(1n));
    await waitUntil({ what: 'a release that waits', stillMs: 60_000 }, async () => {
      const { rows } = await database.client.query(
        'SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND cardinality(pg_blocking_pids(pid)) > 0 AND datname = current_database()',
      );
      return rows.length > 0;
    });
    await other.query(`SELECT FROM sync_claim WHERE lock_name = 'b' FOR UPDATE NOWAIT`);
    await other.query('COMMIT');
    await released;
  } finally {
    await other.end();
  }
  expect((await database.client.query('SELECT FROM sync_claim')).rows).toEqual([]);
});
