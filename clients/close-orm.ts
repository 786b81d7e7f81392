import { setTimeout as sleep } from 'node:timers/promises';
import type { Orm } from '../database/orm.ts';

const CLOSE_WITHIN_MS = 3_000;

/**
 * Closes the connections of a program that ends next. A pool that is closed while one of its connections is being made
 * may never settle, so this does not wait for it longer than some seconds.
 */
export async function closeOrm(orm: Orm): Promise<void> {
  await Promise.race([orm.close(), sleep(CLOSE_WITHIN_MS, null, { ref: false })]);
}
