import { readCursor, advanceCursor } from '../database/records/cursors.ts';
import { findByKeys, findByRemoteIds, missingWithin, type KnownRemote } from '../database/records/find-by-remote-id.ts';
import { touchRemoteTimes } from '../database/records/touch-remote-times.ts';
import { writeUnresolved } from '../database/records/link-record.ts';
import { isMalformed, parkMalformed } from '../database/records/park-malformed.ts';
import type { EntityManager } from '../database/orm.ts';
import type { EntityKey, EntityRef } from '../sync/entity-type.ts';
import { formatInstant, parseInstant, type Instant } from '../sync/instant.ts';
import { differsFromBase, type SecretKey } from '../sync/keyed-hash.ts';
import type { SyncState } from '../sync/sync-state.ts';
import { remoteWorkflowId } from '../sync/workflow-ids.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { ChangedPage, FindChangedInput } from './changed-page.ts';
import { findConsentChanges } from './find-consent-changes.ts';
import type { EntityMapping } from '../targets/entity-mapping.ts';
import type { InboundMapping, MatchCriterion } from '../targets/inbound-mapping.ts';
import { mappingOf } from '../targets/sync-process.ts';
import type { ListedPage, MalformedRecord, RemoteRecord, RemoteRef } from '../targets/inbound-source.ts';
import { connectedProcess, inboundProcess, type Dependencies } from './dependencies.ts';

/**
 * The next page of what has changed at the remote since the cursor less the overlap. Whatever is known already, bounce-backs
 * and changes of what is not mapped, gets no child: only its time moves.
 *
 * @throws SyncError if the page cannot be read: an answer that is none is not an empty page.
 */
export async function findChanged(dependencies: Dependencies, input: FindChangedInput): Promise<ChangedPage> {
  const { process, type, scope, page } = input;
  const em = dependencies.orm.em.fork();
  const cursor = await readCursor(em, { process, type, scope });
  const { consent } = connectedProcess(dependencies, process).remote;
  if (consent !== undefined) {
    return findConsentChanges(dependencies, consent, input, sinceOf(cursor, consent.overlapMs));
  }
  const { source, process: declared } = inboundProcess(dependencies, process);
  const since = sinceOf(cursor, source.overlapMs);
  const listed = await source.list({ type, scope, since, page });
  const wellFormed = listed.records.filter((record): record is RemoteRecord => !('malformed' in record));
  const malformed = listed.records.filter((record): record is MalformedRecord => 'malformed' in record);
  await parkAll(em, process, malformed);
  const all = wellFormed.flatMap((record) => [record, ...record.related]);
  const pairs: EntityRef[] = [];
  const unknown: RemoteRef[] = [];
  for (const [ofType, records] of Map.groupBy(all, (record) => record.type)) {
    const mapping = mappingOf(declared, ofType);
    const found = await classify(em, process, mapping, uniqueRecords(records), dependencies.keys);
    pairs.push(...found.keys.map((key) => ({ type: ofType, key })));
    unknown.push(...found.unknown.map((remoteId) => ({ type: ofType, remoteId })));
  }
  pairs.push(...(await missing(em, input, listed)));
  return {
    listed: all.length,
    pairs,
    // What came with another record is made together with it.
    unknown: unknown.filter((ref) => !comesWithUnknown(ref, unknown, wellFormed)),
    malformed: malformed.length,
    next: listed.next,
    seenUpTo: listed.seenUpTo,
  };
}

const sinceOf = (cursor: Instant | null, overlapMs: number) =>
  cursor === null ? null : formatInstant(cursor.subtract({ milliseconds: overlapMs }));

export type AdvanceInput = Omit<FindChangedInput, 'page'> & { readonly seenUpTo: string };

/** The last page of a scope was read, and every change in it is held by a workflow: the cursor moves past them. */
export async function advance({ orm }: Dependencies, { process, type, scope, seenUpTo }: AdvanceInput): Promise<void> {
  await advanceCursor(orm.em.fork(), { process, type, scope }, parseInstant(seenUpTo));
}

function uniqueRecords(records: readonly RemoteRecord[]): RemoteRecord[] {
  return [...new Map(records.map((record) => [record.remoteId, record])).values()];
}

async function classify(
  em: EntityManager,
  process: SyncProcessName,
  { type, inbound }: EntityMapping,
  records: readonly RemoteRecord[],
  keys: readonly SecretKey[],
): Promise<{ keys: EntityKey[]; unknown: string[] }> {
  const remoteIds = records.flatMap(({ remoteId, successor }) =>
    successor === null ? [remoteId] : [remoteId, successor],
  );
  const known = await findByRemoteIds(em, process, type, remoteIds);
  const ours = await findByKeys(
    em,
    process,
    type,
    records.flatMap(({ emsKey }) => emsKey ?? []),
  );
  const changed: EntityKey[] = [];
  const unknown: string[] = [];
  const touched: { remoteId: string; modifiedOn: string }[] = [];
  /** Successors of what is known: the pair that goes on there takes them up. */
  const followed = new Set<string>();
  for (const record of records) {
    const one = known.get(record.remoteId);
    if (one === undefined) {
      if (!isNew(record, ours) || isNobodys(record, inbound)) continue;
      unknown.push(record.remoteId);
      // Its row has another remote record: gone perhaps, and this is where it goes on.
      if (record.emsKey !== null && ours.get(record.emsKey)?.remoteId != null) changed.push(record.emsKey);
    } else if (one.key === null) {
      if (one.state !== 'WAITING' && differsFromBase(one.base, record.content, keys)) unknown.push(record.remoteId);
    } else if (one.inEms && !IGNORED.includes(one.state)) {
      if (record.successor !== null) followed.add(record.successor);
      if (hasChanged(record, one, keys, known)) changed.push(one.key);
      else if (record.modifiedOn !== null) touched.push({ remoteId: record.remoteId, modifiedOn: record.modifiedOn });
    }
  }
  await touchRemoteTimes(em, process, type, touched);
  return { keys: changed, unknown: unknown.filter((remoteId) => !followed.has(remoteId)) };
}

/** What the remote changes of these is no pair's business. */
const IGNORED: readonly SyncState[] = ['REMOVED', 'SUPPRESSED', 'ERASED'];

/** A pair that is being made carries its id already, and its workflow is about to say so in its record. */
function isNew({ emsKey, removed }: RemoteRecord, ours: Awaited<ReturnType<typeof findByKeys>>): boolean {
  if (removed) return false;
  if (emsKey === null) return true;
  const own = ours.get(emsKey);
  return (
    own !== undefined &&
    own.state !== 'UNLINKED' &&
    own.state !== 'SUPPRESSED' &&
    own.state !== 'ERASED' &&
    !(own.remoteId === null && isBegun(own.state))
  );
}

/** Whatever EMS holds, it can neither match a row nor become one: no workflow need find that out at every poll. */
function isNobodys({ emsKey, complete, content }: RemoteRecord, inbound: InboundMapping | null): boolean {
  if (inbound === null || emsKey !== null || !complete) return false;
  return inbound.refuseCreate(content) !== null && !inbound.match(content).some(canMatch);
}

const canMatch = (criterion: MatchCriterion) => {
  const values = Object.values(criterion);
  return values.length > 0 && !values.includes(null);
};

const isBegun = (state: string | null) => state === 'CREATING' || state === 'PENDING';

function hasChanged(
  record: RemoteRecord,
  known: KnownRemote,
  keys: readonly SecretKey[],
  all: ReadonlyMap<string, KnownRemote>,
): boolean {
  // It goes on elsewhere; where that is another row's already, a human has been asked.
  if (record.successor !== null) return !(known.state === 'PARKED' && all.has(record.successor));
  // It was malformed, and now it is not.
  if (known.state === 'PARKED' && isMalformed(known.lastError)) return true;
  if (differsFromBase(known.base, record.content, keys)) return true;
  return !record.complete && isNewer(record.modifiedOn, known.remoteSyncedOn);
}

function isNewer(modifiedOn: string | null, known: string | null): boolean {
  if (modifiedOn === null || known === null) return true;
  return Temporal.Instant.compare(parseInstant(modifiedOn), parseInstant(known)) > 0;
}

/** Of a list that shows everything: what of ours is not in it is looked at alone, for it may only hide. */
async function missing(
  em: EntityManager,
  { process, type }: FindChangedInput,
  { covers, records }: ListedPage,
): Promise<EntityRef[]> {
  if (covers === undefined) return [];
  const present = records.flatMap(({ remoteId }) => remoteId ?? []);
  const keys = await missingWithin(em, process, type, covers, present);
  return keys.map((key) => ({ type, key }));
}

function comesWithUnknown(ref: RemoteRef, unknown: readonly RemoteRef[], records: readonly RemoteRecord[]): boolean {
  const isUnknown = ({ type, remoteId }: RemoteRef) =>
    unknown.some((other) => other.type === type && other.remoteId === remoteId);
  return records.some(
    (record) =>
      isUnknown(record) && record.related.some(({ type, remoteId }) => type === ref.type && remoteId === ref.remoteId),
  );
}

async function parkAll(
  em: EntityManager,
  process: SyncProcessName,
  records: readonly MalformedRecord[],
): Promise<void> {
  for (const { type, remoteId, malformed } of records) {
    if (remoteId === null) continue;
    const known = (await findByRemoteIds(em, process, type, [remoteId])).get(remoteId);
    if (known?.key != null) {
      await parkMalformed(em, process, type, remoteId, malformed);
      continue;
    }
    await writeUnresolved(em, {
      process,
      type,
      remoteId,
      base: null,
      state: 'PARKED',
      waitingFor: null,
      sharedWith: null,
      errorClass: 'contract',
      reason: malformed,
      workflowId: remoteWorkflowId(process, type, remoteId),
    });
  }
}
