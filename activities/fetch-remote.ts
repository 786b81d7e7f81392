import type { AnyRow, Pair } from '../database/records/load-pairs.ts';
import { MALFORMED, malformedReason } from '../database/records/park-malformed.ts';
import type { LoadedRecord } from '../database/records/sync-record.ts';
import type { KeyedHash } from '../sync/keyed-hash.ts';
import type { SyncState } from '../sync/sync-state.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { RemoteRecord } from '../targets/inbound-source.ts';
import { unstorable } from '../targets/unstorable.ts';
import type { InboundContext, PairContext } from './context.ts';

/** A pair with both ends, as stored in our database. */
export interface LinkedPair {
  readonly entity: AnyRow;
  readonly record: LoadedRecord;
  readonly remoteId: string;
  readonly pair: Pair;
}

/** The same while it is absorbed. */
export interface AbsorbedPair extends LinkedPair {
  /** Of a parked pair: how lists showed its remote record before it was fetched ({@link seenListing}). */
  readonly seen: KeyedHash | null;
}

/** The current remote end of a pair. */
export type FetchedRemote =
  | { readonly kind: 'read'; readonly remote: RemoteRecord }
  | { readonly kind: 'gone' }
  /** Only a human can tell what became of it, or it contains values that EMS cannot store. */
  | { readonly kind: 'unclear'; readonly reason: string; readonly code: string };

/** In these states the remote record does not belong to this row, or is no longer followed. */
const NOT_FOLLOWED: readonly SyncState[] = ['UNLINKED', 'SHARED', 'REMOVED', 'ERASED'];

/** Null if one end is missing, or the remote record does not belong to this row. */
export function linkedEnds(pair: Pair): LinkedPair | null {
  const { entity, record, passesFilter } = pair;
  if (entity === null || record === null || record.remoteId === null || !passesFilter) return null;
  return NOT_FOLLOWED.includes(record.state) ? null : { entity, record, remoteId: record.remoteId, pair };
}

/** @throws SyncError if another attempt may succeed. */
export async function fetchRemote(
  { source, type, key }: InboundContext & PairContext,
  { remoteId }: LinkedPair,
): Promise<FetchedRemote> {
  try {
    const remote = await source.fetch({ type, remoteId }, key);
    if (remote === null) return { kind: 'gone' };
    const what = unstorable(remote);
    return what === null
      ? { kind: 'read', remote }
      : { kind: 'unclear', reason: malformedReason(what), code: MALFORMED };
  } catch (error) {
    if (!(error instanceof SyncError) || error.errorClass !== 'rejected') throw error;
    return { kind: 'unclear', reason: error.message, code: error.code };
  }
}
