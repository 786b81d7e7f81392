import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AdvisoryLocks, LockTimeoutError } from '../../database/advisory-locks.ts';
import { waitUntil } from '../wait-until.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;
let one: AdvisoryLocks;
let other: AdvisoryLocks;

beforeAll(async () => {
  database = await migratedDatabase();
  one = new AdvisoryLocks(database.url);
  other = new AdvisoryLocks(database.url);
});

afterAll(async () => {
  await Promise.all([one.close(), other.close()]);
  await database.close();
});

/** Counts how many are inside at once. */
function gate(holdMs: number) {
  const seen = { inside: 0, most: 0, times: 0 };
  const work = async () => {
    seen.inside += 1;
    seen.times += 1;
    seen.most = Math.max(seen.most, seen.inside);
    await sleep(holdMs);
    seen.inside -= 1;
  };
  return { seen, work };
}

test('what holds a name runs alone, within a process and between processes', async () => {
  const { seen, work } = gate(15);
  const all = [one, other, one, other, one, other].map((locks) => locks.withLocks(['a'], 10_000, work));
  await Promise.all(all);
  expect(seen).toEqual({ inside: 0, most: 1, times: 6 });
});

test('two that want the same two names in other orders both get them', async () => {
  const { seen, work } = gate(5);
  const wishes = Array.from({ length: 10 }, (_, index) =>
    (index % 2 === 0 ? one : other).withLocks(index % 3 === 0 ? ['x', 'y'] : ['y', 'x'], 20_000, work),
  );
  await Promise.all(wishes);
  expect(seen).toMatchObject({ most: 1, times: 10 });
});

test('other names are not waited for', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const held = one.withLocks(['held'], 5_000, () => promise);
  await other.withLocks(['free'], 5_000, async () => undefined);
  resolve();
  await held;
});

test('who waits too long is told, and the next one is not held up by it', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const inside = Promise.withResolvers<void>();
  const held = one.withLocks(['slow'], 5_000, () => {
    inside.resolve();
    return promise;
  });
  await inside.promise;
  await expect(other.withLocks(['slow'], 100, async () => undefined)).rejects.toThrow(LockTimeoutError);
  await expect(one.withLocks(['slow'], 100, async () => undefined)).rejects.toThrow(LockTimeoutError);
  resolve();
  await held;
  await expect(one.withLocks(['slow'], 5_000, async () => 'mine')).resolves.toBe('mine');
});

test('no more than there are slots are inside at once, over all processes', async () => {
  const { seen, work } = gate(20);
  const slots = ['slot 0', 'slot 1', 'slot 2'];
  const calls = Array.from({ length: 30 }, (_, index) =>
    (index % 2 === 0 ? one : other).withOneOf(slots, 20_000, work),
  );
  await Promise.all(calls);
  expect(seen).toMatchObject({ inside: 0, times: 30 });
  expect(seen.most).toBeLessThanOrEqual(3);
  expect(seen.most).toBeGreaterThan(1);
});

test('an error of the work is passed on, and its name is free again', async () => {
  const failure = new Error('of the work');
  await expect(one.withLocks(['error'], 1_000, () => Promise.reject(failure))).rejects.toBe(failure);
  await expect(other.withLocks(['error'], 1_000, async () => 'next')).resolves.toBe('next');
});

test('a connection that was cut is made anew', async () => {
  await one.withLocks(['before'], 1_000, async () => undefined);
  await database.client.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ems-sync locks' AND datname = current_database()",
  );
  // A caller that is faster than the news of the cut gets an error, and the next one a new connection.
  await waitUntil({ what: 'a lock over a new connection' }, () =>
    one.withLocks(['after'], 5_000, async () => true).catch(() => false),
  );
});
