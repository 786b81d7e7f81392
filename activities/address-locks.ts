import { LockTimeoutError } from '../database/advisory-locks.ts';
import { loadEnds } from '../database/records/load-pairs.ts';
import { ADDRESS_FIELD, addressHashes } from '../sync/address-hash.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { PairContext } from './context.ts';
import { addressesOf } from './pair-consent.ts';

/** Shorter than the activity's time limit, so that the call still fits. */
const LOCK_TIMEOUT_MS = 10_000;

/** EMS may change the address while we wait for the lock; then the new address is locked instead. */
const ROUNDS = 3;

/**
 * Runs `work` while no other worker writes for this pair's addresses: EMS's current one, and the target's last known
 * one. `work` reads the row again under the lock. Rows without consent need no lock.
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
 * Locks are named by hashes, because lock names are visible in the database. Each address has a name per key, and per
 * hash that `rekey` makes, so that workers with different key lists exclude each other during a key rotation.
 */
async function lockNames({ orm, keys, mapping, ref }: PairContext): Promise<readonly string[]> {
  const { entity, base } = await loadEnds(orm, ref.process, ref.type, ref.key);
  const own = addressHashes('email', addressesOf(mapping, entity).email, keys, { undivided: false });
  const held = base?.[ADDRESS_FIELD];
  return [...new Set([...own, ...(held === undefined ? [] : [held])])].map(
    (hash) => `ems-sync address ${ref.process} ${hash}`,
  );
}
