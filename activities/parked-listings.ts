import type { KnownRemote } from '../database/records/find-by-remote-id.ts';
import { noteListings, readParkedListings, type ParkedListing } from '../database/records/parked-listings.ts';
import type { EntityManager } from '../database/orm.ts';
import type { EntityType } from '../sync/entity-type.ts';
import { isHashOf, keyedHash, type KeyedHash } from '../sync/keyed-hash.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { RemoteRecord } from '../targets/inbound-source.ts';
import { wholeContent } from '../targets/whole-content.ts';
import type { TypeContext } from './context.ts';

/** A parked record, and how a list shows it. */
export interface ListedParked {
  readonly record: RemoteRecord;
  readonly known: KnownRemote;
}

/**
 * Those that must be looked at: a list shows them otherwise than when they were parked for this reason. What a list shows of
 * a record and what a single fetch finds need not agree, and a parked record has no base for either: without this, each poll
 * would start its workflow, which says the same again.
 */
export async function notJudged(
  em: EntityManager,
  { process, type, keys }: Pick<TypeContext, 'process' | 'type' | 'keys'>,
  parked: readonly ListedParked[],
): Promise<readonly ListedParked[]> {
  const ids = parked.map(({ record }) => record.remoteId);
  const listings = await readParkedListings(em, process.name, type, ids);
  const isAsBefore = ({ record }: ListedParked) =>
    isHashOf(listings.get(record.remoteId)?.listed ?? undefined, LISTING, listingOf(record), keys);
  const shown = parked.filter((one) => !isAsBefore(one));
  await noteListings(
    em,
    process.name,
    type,
    shown.map(({ record }) => ({ remoteId: record.remoteId, listed: keyedHash(LISTING, listingOf(record), keys) })),
  );
  return parked.filter((one) => {
    const { judgedAs = null } = listings.get(one.record.remoteId) ?? {};
    return !isAsBefore(one) || judgedAs === null || judgedAs !== one.known.lastError;
  });
}

/** The name under which a listing is hashed, as if it were a field. */
const LISTING = 'listing of a parked record';

/** All that can change what an attempt at it decides. */
function listingOf(record: RemoteRecord) {
  const { emsKey, modifiedOn, removed, successor } = record;
  return { emsKey, modifiedOn, removed, successor, content: wholeContent(record) };
}

/**
 * How lists showed it before it is fetched now. Null: they did not, or what is fetched may be older than that.
 *
 * @param lagMs the longest time that such a fetch can lag behind.
 */
export async function seenListing(
  em: EntityManager,
  {
    process,
    type,
    remoteId,
  }: { readonly process: SyncProcessName; readonly type: EntityType; readonly remoteId: string },
  lagMs: number,
): Promise<KeyedHash | null> {
  const listing: ParkedListing | undefined = (await readParkedListings(em, process, type, [remoteId])).get(remoteId);
  return listing === undefined || listing.listedForMs === null || listing.listedForMs < lagMs ? null : listing.listed;
}
