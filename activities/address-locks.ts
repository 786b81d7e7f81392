import { LockTimeoutError } from '../database/advisory-locks.ts';
import { loadEnds } from '../database/records/load-pairs.ts';
import { ADDRESS_FIELD, addressHashes } from '../sync/address-hash.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { mappingOf } from '../targets/sync-process.ts';
import { connectedProcess, type Dependencies } from './dependencies.ts';
import { addressesOf } from './pair-consent.ts';

/** Below the activity's time limit, so that a call still fits in. */
const LOCK_TIMEOUT_MS = 10_000;

/** EMS may change the address while its lock is waited for; then it is that one's turn. */
const ROUNDS = 3;

interface PairOf {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
}

/**
 * Runs `work` while nobody else, on whatever worker, writes for the addresses of this pair: the one that EMS holds, and the one
 * that the target was last known to hold. `work` reads the row again, inside. Rows without consent need no lock.
 *
 * @throws SyncError of class `transient` if the lock is not had in time.
 */
export async function withAddressLocks<T>(
  dependencies: Dependencies,
  pair: PairOf,
  work: () => Promise<T>,
): Promise<T> {
  const { process } = connectedProcess(dependencies, pair.process);
  if (mappingOf(process, pair.type).consent === null) return work();
  let names = await lockNames(dependencies, pair);
  for (let round = 0; round < ROUNDS; round += 1) {
    try {
      const done = await dependencies.locks.withLocks(names, LOCK_TIMEOUT_MS, async () => {
        const now = await lockNames(dependencies, pair);
        if (now.every((name) => names.includes(name))) return { result: await work() };
        names = now;
        return null;
      });
      if (done !== null) return done.result;
    } catch (error) {
      if (!(error instanceof LockTimeoutError)) throw error;
      throw new SyncError('transient', `another delivery works on the address of ${pair.type}/${pair.key}`, {
        code: 'address-busy',
        retryAfterMs: 1_000,
        cause: error,
      });
    }
  }
  throw new SyncError('transient', `EMS keeps changing the address of ${pair.type}/${pair.key}`, { code: 'ems-busy' });
}

/**
 * Of hashes: a lock's name is seen by whoever looks into the database. Under every key, so that workers that know but one key
 * in common keep out of each other's way while keys are changed.
 */
async function lockNames(dependencies: Dependencies, { process: name, type, key }: PairOf): Promise<readonly string[]> {
  const { process } = connectedProcess(dependencies, name);
  const { entity, base } = await loadEnds(dependencies.orm, name, type, key);
  const own = addressHashes('email', addressesOf(mappingOf(process, type), entity).email, dependencies.keys);
  const held = base?.[ADDRESS_FIELD];
  return [...new Set([...own, ...(held === undefined ? [] : [held])])].map(
    (hash) => `ems-sync address ${name} ${hash}`,
  );
}
