import { beginAttempt } from '../database/records/begin-attempt.ts';
import { findBlocked, noteReleased } from '../database/records/blocking.ts';
import { loadPairs } from '../database/records/load-pairs.ts';
import type { Content } from '../sync/content-hash.ts';
import { baseOf } from '../sync/keyed-hash.ts';
import { StaleTokenError, SyncError } from '../sync/sync-error.ts';
import type { Released, ReleaseRequest } from '../targets/remote-system.ts';
import type { Attempt } from './context.ts';
import type { JudgedPair } from './judge-pairs.ts';
import { addressesOf, enterRefusals, pairConsent } from './pair-consent.ts';
import { hasRemoteNews } from './remote-news.ts';

/**
 * For a row that cannot be sent itself: makes the target release what EMS has given to another row. Otherwise a chip
 * that EMS gave to one runner would be timed for another as long as that one is parked.
 *
 * @param resend another row that this one blocks has asked. Without it, only outdated references are released.
 * @param isBegun the attempt is on record already, because the target was called.
 * @returns `absorb-first` if the remote has changes that the record does not know: somebody there may have set the
 * value.
 * @throws SyncError if another attempt may succeed.
 */
export async function releaseValues(
  attempt: Attempt,
  { pair, suppressions }: JudgedPair,
  { resend, isBegun }: { readonly resend: boolean; readonly isBegun: boolean },
): Promise<'absorb-first' | null> {
  const { orm, remote, mapping, type, key, ref, fencingToken, workflowId } = attempt;
  const remoteId = pair.record?.remoteId ?? null;
  if (remote.release === undefined || pair.entity === null) return null;
  const wanted = resend ? await contentsOfBlocked(attempt) : [];
  const isUnasked = remoteId !== null && remote.releasesUnasked?.includes(type) === true;
  if (wanted.length === 0 && !isUnasked) return null;
  if (await hasRemoteNews(attempt, pair)) return 'absorb-first';
  const request: ReleaseRequest = {
    type,
    key,
    remoteId,
    fencingToken,
    content: mapping.sendable(pair.entity, pair.sources),
    wanted,
    willRelease: async () => {
      if (isBegun) return;
      const isOurs = await beginAttempt(orm, ref, { fencingToken, state: 'PENDING', workflowId });
      if (!isOurs) throw new StaleTokenError(fencingToken + 1n);
    },
    ...pairConsent(attempt, pair, suppressions),
  };
  const released = await remote.release(request).catch(unlessRejected);
  if (released === null) return null;
  if (released.kind === 'record' && released.left !== undefined) {
    const { addresses, refusals } = released.left;
    await enterRefusals(attempt, [addresses, addressesOf(mapping, pair.entity)], refusals);
  }
  await noteReleased(orm, ref, { fencingToken, base: baseAfter(released, attempt) });
  return null;
}

const baseAfter = (released: Released, { keys }: Attempt) =>
  released.kind === 'record' ? null : baseOf(released.stored ?? {}, keys);

/** EMS's content of the rows that this one blocks; rows that cannot be sent themselves are left out. */
async function contentsOfBlocked({ orm, detection, mapping, ref }: Attempt): Promise<readonly Content[]> {
  const blocked = await findBlocked(orm, ref);
  const pairs = await loadPairs(orm, detection, blocked);
  return pairs.flatMap(({ entity, sources, passesFilter }) => {
    if (entity === null || !passesFilter) return [];
    const mapped = mapping.map(entity, sources);
    return mapped.kind === 'mapped' ? [mapped.content] : [];
  });
}

/** The target does not accept the record without the value. The waiting row reports which row it waits for. */
function unlessRejected(error: unknown): null {
  if (error instanceof SyncError && error.errorClass === 'rejected') return null;
  throw error;
}
