import { setTimeout as sleep } from 'node:timers/promises';
import type { Orm } from './orm.ts';

const CLOSE_WITHIN_MS = 3_000;

/**
 * Closes the connections of a program that ends next. Kysely loses a connection that is still being made when it is
 * closed, and then waits for it for ever (its driver reads a pool that it has already put away). So this does not wait
 * longer than some seconds.
 */
export async function closeOrm(orm: Orm): Promise<void> {
  await Promise.race([orm.close(), sleep(CLOSE_WITHIN_MS, null, { ref: false })]);
}
