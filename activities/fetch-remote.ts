import type { AnyRow, Pair } from '../database/records/load-pairs.ts';
import { malformedReason } from '../database/records/park-malformed.ts';
import type { SyncRecord } from '../database/records/sync-record.ts';
import type { SyncState } from '../sync/sync-state.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { RemoteRecord } from '../targets/inbound-source.ts';
import { unstorable } from '../targets/unstorable.ts';
import type { InboundContext, PairContext } from './context.ts';

/** A pair that has both ends, as they stand in our database. */
export interface LinkedPair {
  readonly entity: AnyRow;
  readonly record: SyncRecord;
  readonly remoteId: string;
  readonly pair: Pair;
}

/** The remote end of a pair as it is now. */
export type FetchedRemote =
  | { readonly kind: 'read'; readonly remote: RemoteRecord }
  | { readonly kind: 'gone' }
  /** Only a human can tell what became of it, or it holds what EMS cannot. */
  | { readonly kind: 'unclear'; readonly reason: string };

/** In these states the remote record is not this row's own, or not followed any more. */
const NOT_FOLLOWED: readonly SyncState[] = ['UNLINKED', 'SHARED', 'REMOVED', 'ERASED'];

/** Null: one end is missing, or the remote record is not this row's own. */
export function linkedEnds(pair: Pair): LinkedPair | null {
  const { entity, record, passesFilter } = pair;
  if (entity === null || record === null || record.remoteId === null || !passesFilter) return null;
  return NOT_FOLLOWED.includes(record.state) ? null : { entity, record, remoteId: record.remoteId, pair };
}

/** @throws SyncError for what is worth another attempt. */
export async function fetchRemote(
  { source, type, key }: InboundContext & PairContext,
  { remoteId }: LinkedPair,
): Promise<FetchedRemote> {
  try {
    const remote = await source.fetch({ type, remoteId }, key);
    if (remote === null) return { kind: 'gone' };
    const what = unstorable(remote);
    return what === null ? { kind: 'read', remote } : { kind: 'unclear', reason: malformedReason(what) };
  } catch (error) {
    if (!(error instanceof SyncError) || error.errorClass !== 'rejected') throw error;
    return { kind: 'unclear', reason: error.message };
  }
}
