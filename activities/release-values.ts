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
 * Has the target let go of what EMS has given to another row, for a row that cannot be sent itself: else the chip that EMS has
 * given to one runner would be timed as another's for as long as that one is parked.
 *
 * @param resend another row is blocked by this one, and has asked. Without it only references that are no longer meant are let go.
 * @returns `absorb-first` if the remote holds what the record does not know: it may have been given that by somebody there.
 * @throws SyncError for what is worth another attempt.
 */
export async function releaseValues(
  attempt: Attempt,
  { pair, suppressions }: JudgedPair,
  { resend }: { readonly resend: boolean },
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

/** What EMS holds of the rows that this one blocks; those that cannot be sent themselves need nothing. */
async function contentsOfBlocked({ orm, detection, mapping, ref }: Attempt): Promise<readonly Content[]> {
  const blocked = await findBlocked(orm, ref);
  const pairs = await loadPairs(orm, detection, blocked);
  return pairs.flatMap(({ entity, sources, passesFilter }) => {
    if (entity === null || !passesFilter) return [];
    const mapped = mapping.map(entity, sources);
    return mapped.kind === 'mapped' ? [mapped.content] : [];
  });
}

/** The target does not take the record without the value. The row that waits for it says whom it waits for. */
function unlessRejected(error: unknown): null {
  if (error instanceof SyncError && error.errorClass === 'rejected') return null;
  throw error;
}
