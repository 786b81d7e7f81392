import { setTimeout as sleep } from 'node:timers/promises';
import { LockTimeoutError } from '../database/advisory-locks.ts';
import { isClaimed } from '../database/records/claims.ts';
import { loadEnds } from '../database/records/load-pairs.ts';
import type { EntityKey, EntityRef, EntityType } from '../sync/entity-type.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { PairContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { addressNames, pairName } from './pair-names.ts';

/** Shorter than the activity's time limit, so that the call still fits. */
const LOCK_TIMEOUT_MS = 10_000;

/** A page's bulk call takes seconds, seldom more. After that the attempt ends, and is repeated like any other. */
const PAGE_TIMEOUT_MS = 60_000;

/** A command's activity has less time; it is repeated for two minutes before it is reported. */
const COMMAND_TIMEOUT_MS = 15_000;

const PAGE_POLL_MS = 200;

/** EMS may change the address while we wait for the lock; then the new address is locked instead. */
const ROUNDS = 3;

/**
 * Runs `work` while no other worker works on this pair or writes for its addresses: EMS's current one, and the target's last known
 * one. `work` reads the row again under the locks. Pairs whose target has no pages are excluded by their workflow alone.
 *
 * @throws SyncError of class `transient` if the locks are not free in time.
 */
export async function withPairLocks<T>(pair: PairContext, work: () => Promise<T>): Promise<T> {
  const { mapping, remote, type, key } = pair;
  if (mapping.consent === null && remote.bulk === undefined) return work();
  let names = await lockNames(pair);
  for (let round = 0; round < ROUNDS; round += 1) {
    const done = await withNames(pair, { ref: { type, key }, names, pageTimeoutMs: PAGE_TIMEOUT_MS }, async () => {
      const now = await lockNames(pair);
      if (now.every((name) => names.includes(name))) return { result: await work() };
      names = now;
      return null;
    });
    if (done !== null) return done.result;
  }
  throw new SyncError('transient', `EMS keeps changing the address of ${type}/${key}`, { code: 'ems-busy' });
}

/** The same for an operator's command, which only writes to our database. */
export function withPairLock<T>(
  dependencies: Pick<Dependencies, 'orm' | 'locks'>,
  { process, type, key }: { readonly process: SyncProcessName; readonly type: EntityType; readonly key: EntityKey },
  work: () => Promise<T>,
): Promise<T> {
  const names = [pairName(process, type, key)];
  return withNames(dependencies, { ref: { type, key }, names, pageTimeoutMs: COMMAND_TIMEOUT_MS }, work);
}

/**
 * Holds the names as locks, and waits while a page claims one of them. Claims are looked up under the locks: a page that claims
 * later sees the locks, and leaves the pair out.
 */
async function withNames<T>(
  { orm, locks }: Pick<Dependencies, 'orm' | 'locks'>,
  {
    ref: { type, key },
    names,
    pageTimeoutMs,
  }: { readonly ref: EntityRef; readonly names: readonly string[]; readonly pageTimeoutMs: number },
  work: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + pageTimeoutMs;
  for (;;) {
    try {
      const done = await locks.withLocks(names, LOCK_TIMEOUT_MS, async () =>
        (await isClaimed(orm.em.fork(), names)) ? null : { result: await work() },
      );
      if (done !== null) return done.result;
    } catch (error) {
      if (!(error instanceof LockTimeoutError)) throw error;
      throw new SyncError('transient', `another delivery works on the address of ${type}/${key}`, {
        code: 'address-busy',
        retryAfterMs: 1_000,
        cause: error,
      });
    }
    if (performance.now() > deadline) {
      throw new SyncError('transient', `${type}/${key} is part of a page that is being delivered`, {
        code: 'page-busy',
      });
    }
    await sleep(PAGE_POLL_MS);
  }
}

async function lockNames(context: PairContext): Promise<readonly string[]> {
  const { orm, mapping, ref } = context;
  const { process, type, key } = ref;
  const own = pairName(process, type, key);
  if (mapping.consent === null) return [own];
  return [own, ...addressNames(process, context, await loadEnds(orm, process, type, key))];
}
