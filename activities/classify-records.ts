import { findByKeys, findByRemoteIds, type KnownRemote } from '../database/records/find-by-remote-id.ts';
import { isMalformed } from '../database/records/park-malformed.ts';
import { touchRemoteTimes } from '../database/records/touch-remote-times.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import { isLagging } from '../sync/compare-remote.ts';
import { parseInstant, type Instant } from '../sync/instant.ts';
import { differsFromBase, type SecretKey } from '../sync/keyed-hash.ts';
import type { SyncState } from '../sync/sync-state.ts';
import { hasChangedHands } from '../sync/whose-record.ts';
import type { InboundMapping, MatchCriterion } from '../targets/inbound-mapping.ts';
import type { MalformedRecord, ReadLag, RemoteRecord } from '../targets/inbound-source.ts';
import { wholeContent } from '../targets/whole-content.ts';
import { inboundSource, type TypeContext } from './context.ts';
import { describeError } from './error-mapping.ts';
import { inHalves } from './in-halves.ts';
import { notJudged, type ListedParked } from './parked-listings.ts';

/** The work that a page of remote records of one type requires. */
export interface Classified {
  /** Records that our database cannot store, with the reason for operators. */
  readonly malformed: readonly MalformedRecord[];
  /** Pairs whose remote record differs from its last known state. */
  readonly keys: readonly EntityKey[];
  /** Remote records unknown to EMS. */
  readonly unknown: readonly string[];
}

type KnownByKey = Awaited<ReturnType<typeof findByKeys>>;

/**
 * Classifies records as changed, unknown or unchanged; touches the remote times of the unchanged ones in one statement.
 * A record for which such a statement fails is reported separately.
 */
export async function classifyRecords(context: TypeContext, records: readonly RemoteRecord[]): Promise<Classified> {
  const { results, failed } = await inHalves(records, (some) => classify(context, some));
  return {
    keys: results.flatMap(({ keys }) => keys),
    unknown: results.flatMap(({ unknown }) => unknown),
    malformed: failed.map(({ item: { type, remoteId }, error }) => ({
      type,
      remoteId,
      malformed: describeError(error).message,
    })),
  };
}

async function classify(
  context: TypeContext,
  records: readonly RemoteRecord[],
): Promise<Pick<Classified, 'keys' | 'unknown'>> {
  const { orm, keys, process, type, mapping } = context;
  const { lag } = inboundSource(context);
  const em = orm.em.fork();
  const remoteIds = records.flatMap(({ remoteId, successor }) =>
    successor === null ? [remoteId] : [remoteId, successor],
  );
  const known = await findByRemoteIds(em, process.name, type, remoteIds);
  const claimed = records.flatMap(({ emsKey }) => emsKey ?? []);
  const ours = await findByKeys(em, process.name, type, claimed);
  const changed: EntityKey[] = [];
  const unknown: string[] = [];
  const parked: ListedParked[] = [];
  const touched: { remoteId: string; modifiedOn: string }[] = [];
  /** Successors of known records, which the known record's pair will take over. */
  const followed = new Set<string>();
  for (const record of records) {
    const { remoteId, emsKey, successor, modifiedOn } = record;
    const one = known.get(remoteId);
    if (one === undefined) {
      if (!isNew(record, ours) || belongsToNobody(record, mapping.inbound)) continue;
      unknown.push(remoteId);
      // Its row has another remote record, which may be gone; then the pair continues with this one.
      if (emsKey !== null && ours.get(emsKey)?.remoteId != null) changed.push(emsKey);
    } else if (one.key === null) {
      if (!isDueAgain(record, one, keys)) continue;
      if (isParked(one)) parked.push({ record, known: one });
      else unknown.push(remoteId);
    } else if (one.inEms && !NOT_FOLLOWED.includes(one.state)) {
      if (successor !== null) followed.add(successor);
      if (hasChanged(record, one, { keys, lag })) {
        if (isParked(one)) parked.push({ record, known: one });
        else changed.push(one.key);
      } else if (modifiedOn !== null) touched.push({ remoteId, modifiedOn });
    }
  }
  await touchRemoteTimes(em, process.name, type, touched);
  for (const { record, known: one } of await notJudged(em, context, parked)) {
    if (one.key === null) unknown.push(record.remoteId);
    else changed.push(one.key);
  }
  return { keys: changed, unknown: unknown.filter((remoteId) => !followed.has(remoteId)) };
}

/** An attempt has decided about it, and decides the same while nothing changes. */
const isParked = ({ state, key, isDayOld }: KnownRemote) =>
  state === 'PARKED' || (state === 'UNLINKED' && key === null && !isDayOld);

/** States in which a change of the remote is not absorbed. */
const NOT_FOLLOWED: readonly SyncState[] = ['REMOVED', 'SUPPRESSED', 'ERASED'];

/**
 * Whether to process a remote record without a row. A waiting one: only when it was removed at the remote;
 * findUnfinished resumes it when the awaited record exists. A parked one, or one that gets no row: when it changes; the
 * latter also once a day, because EMS may have changed.
 */
function isDueAgain(record: RemoteRecord, known: KnownRemote, keys: readonly SecretKey[]): boolean {
  // The target keeps the record of a row that EMS has deleted, and whose id another row now has.
  if (known.state === 'REMOVED') return false;
  if (known.state === 'WAITING') return record.removed;
  if (known.state === 'UNLINKED' && known.isDayOld) return !record.removed;
  return differsFromBase(known.base, wholeContent(record), keys);
}

/** A pair that is being created already has its EMS id at the target before its workflow has written the record. */
function isNew({ emsKey, removed }: RemoteRecord, ours: KnownByKey): boolean {
  if (removed) return false;
  if (emsKey === null) return true;
  const own = ours.get(emsKey);
  if (own === undefined) return false;
  const { state, remoteId } = own;
  if (state === 'UNLINKED' || state === 'SUPPRESSED' || state === 'ERASED') return false;
  return remoteId !== null || !(state === 'CREATING' || state === 'PENDING');
}

/** It can neither match a row nor create one, whatever EMS holds, so no workflow is started at every poll. */
function belongsToNobody({ emsKey, complete, content }: RemoteRecord, inbound: InboundMapping | null): boolean {
  if (inbound === null || emsKey !== null || !complete) return false;
  return inbound.refuseCreate(content) !== null && !inbound.match(content).some(canMatch);
}

const canMatch = (criterion: MatchCriterion) => {
  const values = Object.values(criterion);
  return values.length > 0 && !values.includes(null);
};

function hasChanged(
  record: RemoteRecord,
  known: KnownRemote,
  { keys, lag }: { readonly keys: readonly SecretKey[]; readonly lag: ReadLag },
): boolean {
  // It continues elsewhere.
  if (record.successor !== null) return true;
  // A record that belongs to someone else is not processed again until it has our id again.
  if (known.state === 'PARKED' && hasChangedHands(known.lastError)) return record.emsKey === known.key;
  // It was malformed and now is not.
  if (known.state === 'PARKED' && isMalformed(known.lastError)) return true;
  // A later poll lists it again. One without a time is fetched alone, and then compared.
  const lagMs = record.modifiedOn === null ? lag.recordMs : lag.listMs;
  const remoteSyncedOn = known.remoteSyncedOn === null ? null : parseInstant(known.remoteSyncedOn);
  if (isLagging(record, { ...known, remoteSyncedOn }, { lagMs, keys })) return false;
  if (differsFromBase(known.base, record.content, keys)) return true;
  return !record.complete && isAnother(record.modifiedOn, remoteSyncedOn);
}

/** Not only a newer time: the target's clock may have been set back. */
function isAnother(modifiedOn: string | null, known: Instant | null): boolean {
  if (modifiedOn === null || known === null) return true;
  return Temporal.Instant.compare(parseInstant(modifiedOn), known) !== 0;
}
