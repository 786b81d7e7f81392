import { LockTimeoutError } from '../database/advisory-locks.ts';
import { loadEnds } from '../database/records/load-pairs.ts';
import { ADDRESS_FIELD, addressHashes } from '../sync/address-hash.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { PairContext } from './context.ts';
import { addressesOf } from './pair-consent.ts';

/** Below the activity's time limit, so that a call still fits in. */
const LOCK_TIMEOUT_MS = 10_000;

/** EMS may change the address while the lock is waited for: then the new address is locked instead. */
const ROUNDS = 3;

/**
 * Runs `work` while no other worker writes for the addresses of this pair: the one that EMS holds, and the one that the target
 * was last known to hold. `work` reads the row again under the lock. Rows without consent need no lock.
 *
 * @throws SyncError of class `transient` if the lock is not free in time.
 */
export async function withAddressLocks<T>(pair: PairContext, work: () => Promise<T>): Promise<T> {
  const { mapping, locks, type, key } = pair;
  if (mapping.consent === null) return work();
  let names = await lockNames(pair);
  for (let round = 0; round < ROUNDS; round += 1) {
    try {
      const done = await locks.withLocks(names, LOCK_TIMEOUT_MS, async () => {
        const now = await lockNames(pair);
        if (now.every((name) => names.includes(name))) return { result: await work() };
        names = now;
        return null;
      });
      if (done !== null) return done.result;
    } catch (error) {
      if (!(error instanceof LockTimeoutError)) throw error;
      throw new SyncError('transient', `another delivery works on the address of ${type}/${key}`, {
        code: 'address-busy',
        retryAfterMs: 1_000,
        cause: error,
      });
    }
  }
  throw new SyncError('transient', `EMS keeps changing the address of ${type}/${key}`, { code: 'ems-busy' });
}

/**
 * Locks are named by hashes, because their names can be read in the database. Each address has a name under every key, so
 * that workers with different key lists still exclude each other while keys are rotated.
 */
async function lockNames({ orm, keys, mapping, ref }: PairContext): Promise<readonly string[]> {
  const { entity, base } = await loadEnds(orm, ref.process, ref.type, ref.key);
  const own = addressHashes('email', addressesOf(mapping, entity).email, keys);
  const held = base?.[ADDRESS_FIELD];
  return [...new Set([...own, ...(held === undefined ? [] : [held])])].map(
    (hash) => `ems-sync address ${ref.process} ${hash}`,
  );
}
