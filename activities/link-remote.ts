import { sql } from 'kysely';
import { findByKeys, findByRemoteId, type KnownRemote } from '../database/records/find-by-remote-id.ts';
import { forgetDeletedRow, linkRecord, writeUnresolved } from '../database/records/link-record.ts';
import type { EntityManager } from '../database/orm.ts';
import { loadPairWithin } from '../database/records/load-pairs.ts';
import { parkReissued } from '../database/records/reissued.ts';
import { givenOutAgain } from '../sync/identity.ts';
import { MALFORMED, malformedReason } from '../database/records/park-malformed.ts';
import type { Candidate } from '../database/records/match-rows.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import { baseOf } from '../sync/keyed-hash.ts';
import { remoteWorkflowId } from '../sync/workflow-ids.ts';
import type { RemoteRecord } from '../targets/inbound-source.ts';
import { unstorable } from '../targets/unstorable.ts';
import { inboundOf, typeContext, type InboundContext } from './context.ts';
import { createRow } from './create-row.ts';
import { findReference } from './find-references.ts';
import { matchRemote } from './match-remote.ts';
import { hasNothingInCommon, isReissuedRow } from './row-identity.ts';
import { nothing, parked, waiting, type Resolving } from './unresolvable.ts';

/**
 * Links a remote record to its EMS row: a known one, a matching one, or a new one.
 *
 * @param needed another record refers to it and cannot be resolved without it.
 * @returns the row's key; every row found or created is added to `resolving.rows`.
 * @throws Unresolvable if the record, or one that it needs, has no row and gets none.
 */
export async function linkRemote(
  resolving: Resolving,
  record: RemoteRecord,
  { needed = false }: { readonly needed?: boolean } = {},
): Promise<EntityKey> {
  const { em, rows } = resolving;
  const { type, remoteId } = record;
  const process = resolving.context.process.name;
  const known = await findByRemoteId(em, process, type, remoteId);
  if (known !== null && known.key !== null && known.inEms) {
    if (needed && (await isReissuedRow(em, resolving.context, { type, key: known.key })))
      throw waiting(`${type} ${remoteId}`);
    rows.push({ type, key: known.key, how: 'known' });
    return known.key;
  }
  const what = unstorable(record);
  if (what !== null) throw parked(malformedReason(what), MALFORMED);
  const owner = known?.sharedWith ?? null;
  if (owner !== null && (await findByKeys(em, process, type, [owner])).has(owner)) {
    await recordShared(resolving, record, owner);
    rows.push({ type, key: owner, how: 'known' });
    return owner;
  }
  if (record.removed) throw nothing('it is over at the remote');
  if (known !== null && known.key !== null) await beginAnew(resolving, known, { type, needed });
  const references = await linkReferences(resolving, record);
  const inbound = inboundOf(typeContext(resolving.context, type));
  if (inbound === null) throw new RangeError(`${process} reads no ${type} back`);
  // One at a time per type, over all processes: two remote records of one person must not both create a row.
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`ems-sync resolve ${type}`}, 0))`.execute(em.getKysely());
  const own = await byOwnId(resolving, record, needed);
  if (own !== null && (await refersToOthers(em, inbound, own, references))) {
    throw parked(
      `carries the id of ${type}/${own.key}, which belongs to another row than it does: decide with link`,
      'foreign-id',
    );
  }
  const matched = own ?? (await matchRemote(resolving, inbound, { record, references }));
  if (own === null && matched !== null && (await needsHuman(inbound))) {
    throw needed ? waiting(`${type} ${remoteId}`) : parked(unprovenMatch(process, record, matched), 'unproven-match');
  }
  if (matched !== null) return linkRow(resolving, inbound, { record, matched, needed });
  return createRow(resolving, inbound, { record, references });
}

/**
 * The record has a row's EMS id, but belongs to somebody else than the row: a visitor can write any id into an own
 * conversation.
 */
async function refersToOthers(
  em: EntityManager,
  { detection }: InboundContext,
  { key }: Candidate,
  references: Readonly<Record<string, EntityKey>>,
): Promise<boolean> {
  const row = (await loadPairWithin(em, detection, key)).entity as Readonly<Record<string, unknown>> | null;
  return (
    row !== null &&
    Object.entries(references).some(([property, ref]) => row[property] !== null && row[property] !== ref)
  );
}

/** Anybody may write at the target: an address or a number does not show whose record it is. */
async function needsHuman({ source, type }: InboundContext): Promise<boolean> {
  return ((await source.proposals?.(type)) ?? []).length > 0;
}

const unprovenMatch = (process: string, { type, remoteId }: RemoteRecord, { key }: Candidate) =>
  `has an address or number of ${type}/${key}, which anybody may give there: if it is this row's, ` +
  `npx ems-sync link ${process} ${type} ${key} ${remoteId}`;

/** The keys of the rows that it refers to, which are known or came with it. */
async function linkReferences(
  resolving: Resolving,
  record: RemoteRecord,
): Promise<Readonly<Record<string, EntityKey>>> {
  const { context, em } = resolving;
  const references: Record<string, EntityKey> = {};
  for (const [property, ref] of Object.entries(record.references)) {
    const found = await findReference(em, context, ref);
    if (found !== null) {
      references[property] = found;
      continue;
    }
    const came = record.related.find(({ type, remoteId }) => type === ref.type && remoteId === ref.remoteId);
    if (came === undefined) throw waiting(`${ref.type} ${ref.remoteId}`);
    references[property] = await linkRemote(resolving, came, { needed: true });
  }
  return references;
}

/** The row with the EMS id stored in the record; null if it has none. */
async function byOwnId(
  { context, em }: Resolving,
  { type, emsKey, remoteId }: RemoteRecord,
  needed: boolean,
): Promise<Candidate | null> {
  if (emsKey === null) return null;
  const own = (await findByKeys(em, context.process.name, type, [emsKey])).get(emsKey);
  if (own === undefined) {
    const reason = `carries the id of ${type}/${emsKey}, which EMS has deleted`;
    // Park what needs it, so that it is not silently lost.
    throw needed
      ? parked(`${type} ${remoteId}, which it belongs to, ${reason}: link it to a row`, 'row-deleted')
      : nothing(`it ${reason}`);
  }
  return { key: emsKey, ...own, sharesWithAll: false };
}

/**
 * EMS has deleted the row of a remote record, which normally stands. But if a new record needs it (a deleted runner
 * registers again), it gets a new row, once the removal of the old one is done.
 */
async function beginAnew(
  { context, em }: Resolving,
  { remoteId, key, state, reissued }: KnownRemote,
  { type, needed }: { readonly type: EntityType; readonly needed: boolean },
): Promise<void> {
  if (reissued) throw waiting(`${type} ${remoteId}`);
  if (!needed) throw nothing(`EMS has deleted ${type}/${key}`);
  if (state !== 'REMOVED' && state !== 'ERASED') throw waiting(`the removal of ${type}/${key}`);
  await forgetDeletedRow(em, context.process.name, type, remoteId);
}

/** Links an existing row. A decision stands: an unlinked row is not linked again. */
async function linkRow(
  resolving: Resolving,
  context: InboundContext,
  { record, matched, needed }: { readonly record: RemoteRecord; readonly matched: Candidate; readonly needed: boolean },
): Promise<EntityKey> {
  const { inbound } = context;
  const { em, rows } = resolving;
  const { type, remoteId, modifiedOn: remoteSyncedOn } = record;
  const { key, state, remoteId: held } = matched;
  if (state === 'UNLINKED') throw nothing(`${type}/${key} is unlinked`);
  if (state === 'SUPPRESSED') throw nothing(`${type}/${key} is suppressed`);
  if (state === 'ERASED') throw nothing(`${type}/${key} was erased`);
  const isOther = held !== null && held !== remoteId;
  if (isOther && !inbound.newestRemoteWins) {
    throw parked(`is ${type}/${key}'s, which has ${held} already: merge the two, or decide with link`, 'second-record');
  }
  const isReissued = held === null && record.emsKey === key && (await isAnothersRecord(em, context, record, key));
  if (isReissued && needed) throw waiting(`${type} ${remoteId}`);
  rows.push({ type, key, how: isOther ? 'known' : 'matched' });
  if (isOther && Number(held) > Number(remoteId)) {
    await recordShared(resolving, record, key);
    return key;
  }
  const process = context.process.name;
  await linkRecord(em, { process, type, key, remoteId, base: null, remoteSyncedOn, entitySyncedOn: null });
  if (isReissued) await parkReissued(em, { process, type, key }, givenOutAgain({ type, key }));
  return key;
}

/** The record has the id of a row with which it has nothing else in common: EMS has since reused the id. */
async function isAnothersRecord(
  em: EntityManager,
  context: InboundContext,
  record: RemoteRecord,
  key: EntityKey,
): Promise<boolean> {
  const { entity } = await loadPairWithin(em, context.detection, key);
  return entity !== null && hasNothingInCommon(context, entity, record);
}

/** Records an older remote record of a row, so that no poll treats it as unknown. */
async function recordShared(
  { context, em }: Resolving,
  { type, remoteId, content }: RemoteRecord,
  owner: EntityKey,
): Promise<void> {
  const process = context.process.name;
  await writeUnresolved(em, {
    process,
    type,
    remoteId,
    base: baseOf(content, context.keys),
    state: 'SHARED',
    waitingFor: null,
    sharedWith: owner,
    errorClass: null,
    reason: null,
    workflowId: remoteWorkflowId(process, type, remoteId),
  });
}
