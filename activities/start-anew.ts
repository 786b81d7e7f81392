import { loadPair, type Pair } from '../database/records/load-pairs.ts';
import { detachFormerRow } from '../database/records/reissued.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { Removed } from '../targets/remote-system.ts';
import type { Attempt } from './context.ts';
import { enterRefusals, pairConsent } from './pair-consent.ts';
import { keepTrying } from './keep-trying.ts';

/**
 * Executes `start-anew`: removes the former row's data with this id from the target by its policy for deleted rows, so
 * that the row gets its own remote record. Idempotent.
 *
 * @returns the pair's state afterwards.
 * @throws SyncError if another attempt may succeed.
 */
export async function startedAnew(attempt: Attempt, pair: Pair): Promise<Pair> {
  if (pair.record?.reissued !== 'anew') return pair;
  const { orm, detection, remote, type, key, ref, fencingToken } = attempt;
  const { remoteId } = pair.record;
  const request = { type, key, remoteId, fencingToken, idGoesOn: true, ...pairConsent(attempt, pair, []) } as const;
  const removed: Removed = (await remote.remove(request).catch(keepTrying)) ?? {};
  if (removed.dependents !== undefined) {
    const said = `${ref.process} keeps the former ${type}/${key} while others refer to it`;
    throw new SyncError('transient', said, { code: 'has-dependents' });
  }
  const { kept, left } = removed;
  if (left !== undefined) await enterRefusals(attempt, [left.addresses], left.refusals);
  await orm.em.fork().transactional((em) => detachFormerRow(em, ref, kept === true ? remoteId : null));
  return loadPair(orm, detection, key);
}
