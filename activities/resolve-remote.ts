import { sql } from 'kysely';
import { findByKeys, findByRemoteIds } from '../database/records/find-by-remote-id.ts';
import { erasedSince } from '../database/records/suppression-list.ts';
import { matchRows, type Candidate } from '../database/records/match-rows.ts';
import { forgetUnresolved, linkRecord, writeUnresolved } from '../database/records/link-record.ts';
import { insertEmsRow } from '../database/records/write-ems-row.ts';
import type { EntityManager } from '../database/orm.ts';
import type { Resolution, LinkedRow } from '../sync/absorption.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import { addressHashes } from '../sync/address-hash.ts';
import { parseInstant } from '../sync/instant.ts';
import { baseOf, type SecretKey } from '../sync/keyed-hash.ts';
import { SyncError } from '../sync/sync-error.ts';
import { remoteWorkflowId } from '../sync/workflow-ids.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { InboundMapping } from '../targets/inbound-mapping.ts';
import type { RemoteRecord } from '../targets/inbound-source.ts';
import { mappingOf } from '../targets/sync-process.ts';
import { detectionOf, inboundProcess, type Dependencies } from './dependencies.ts';
import { findReference } from './find-references.ts';

export interface ResolveInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly remoteId: string;
}

/**
 * Finds the EMS row of a remote record that EMS does not know: by the id that it carries, by the declared match rule, or by
 * making one, together with the rows it needs, in one transaction. What cannot be told is parked with its candidates.
 * Repeating it is harmless.
 *
 * @throws SyncError for what is worth another attempt.
 */
export async function resolveRemote(dependencies: Dependencies, input: ResolveInput): Promise<Resolution> {
  const { process: name, type, remoteId } = input;
  const { source } = inboundProcess(dependencies, name);
  const em = dependencies.orm.em.fork();
  const known = (await findByRemoteIds(em, name, type, [remoteId])).get(remoteId);
  if (known !== undefined && known.key !== null)
    return { kind: 'linked', rows: [{ type, key: known.key, how: 'known' }] };
  let resolution: Resolution;
  let record: RemoteRecord | null = null;
  try {
    record = await source.fetch({ type, remoteId }, null);
    resolution =
      record === null ? { kind: 'nothing', reason: 'it is gone' } : await resolve(dependencies, name, record);
  } catch (error) {
    if (!(error instanceof SyncError) || error.errorClass !== 'rejected') throw error;
    resolution = { kind: 'parked', reason: error.message };
  }
  await keep(dependencies, input, resolution, record);
  return resolution;
}

/** What is parked or waits is on record, so that operators see it and the next poll takes it up again. */
async function keep(
  { orm, keys }: Dependencies,
  { process, type, remoteId }: ResolveInput,
  resolution: Resolution,
  record: RemoteRecord | null,
): Promise<void> {
  const em = orm.em.fork();
  if (resolution.kind === 'nothing') await forgetUnresolved(em, process, type, remoteId);
  if (resolution.kind !== 'parked' && resolution.kind !== 'waiting') return;
  const parked = resolution.kind === 'parked';
  await writeUnresolved(em, {
    process,
    type,
    remoteId,
    base: record === null ? null : baseOf(record.content, keys),
    state: parked ? 'PARKED' : 'WAITING',
    waitingFor: parked ? null : resolution.for,
    sharedWith: null,
    errorClass: parked ? 'rejected' : null,
    reason: parked ? resolution.reason : null,
    workflowId: remoteWorkflowId(process, type, remoteId),
  });
}

/** Ends the transaction without a trace; the resolution says why. */
class Unresolvable extends Error {
  readonly resolution: Resolution;

  constructor(resolution: Resolution) {
    super(resolution.kind);
    this.resolution = resolution;
  }
}

async function resolve(
  dependencies: Dependencies,
  process: SyncProcessName,
  record: RemoteRecord,
): Promise<Resolution> {
  try {
    return await dependencies.orm.em.fork().transactional(async (em) => {
      const rows: LinkedRow[] = [];
      await link(dependencies, em, process, record, rows);
      return { kind: 'linked', rows };
    });
  } catch (error) {
    if (error instanceof Unresolvable) return error.resolution;
    throw error;
  }
}

const parked = (reason: string) => new Unresolvable({ kind: 'parked', reason });
const nothing = (reason: string) => new Unresolvable({ kind: 'nothing', reason });

/** @throws Unresolvable if the record, or one that it needs, has no row and shall get none. */
async function link(
  dependencies: Dependencies,
  em: EntityManager,
  process: SyncProcessName,
  record: RemoteRecord,
  rows: LinkedRow[],
): Promise<EntityKey> {
  const { type, remoteId } = record;
  const known = (await findByRemoteIds(em, process, type, [remoteId])).get(remoteId);
  if (known !== undefined && known.key !== null) {
    rows.push({ type, key: known.key, how: 'known' });
    return known.key;
  }
  if (known?.sharedWith != null && (await findByKeys(em, process, type, [known.sharedWith])).has(known.sharedWith)) {
    await recordShared(dependencies, em, process, record, known.sharedWith);
    rows.push({ type, key: known.sharedWith, how: 'known' });
    return known.sharedWith;
  }
  if (record.removed) throw nothing('it is over at the remote');
  const references = await linkReferences(dependencies, em, process, record, rows);
  const inbound = inboundOf(dependencies, process, type);
  // One at a time for each type, whatever process: two remote records of one person must not both make a row.
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`ems-sync resolve ${type}`}, 0))`.execute(em.getKysely());
  const key =
    (await byOwnId(em, process, record)) ??
    (await byMatch(dependencies, em, process, record, inbound, references, rows)) ??
    (await create(dependencies, em, process, record, inbound, references, rows));
  return key;

  async function byOwnId(manager: EntityManager, name: SyncProcessName, { emsKey }: RemoteRecord) {
    if (emsKey === null) return null;
    const own = (await findByKeys(manager, name, type, [emsKey])).get(emsKey);
    if (own === undefined) throw nothing(`it carries the id of ${type}/${emsKey}, which EMS has deleted`);
    await linkMatched(
      dependencies,
      manager,
      name,
      record,
      { key: emsKey, ...own, sharesWithAll: false },
      inbound,
      rows,
    );
    return emsKey;
  }
}

function inboundOf(dependencies: Dependencies, process: SyncProcessName, type: EntityType): InboundMapping {
  const { inbound } = mappingOf(inboundProcess(dependencies, process).process, type);
  if (inbound === null) throw new RangeError(`${process} reads no ${type} back`);
  return inbound;
}

/** The rows that it refers to: known, or among those that came with it. */
async function linkReferences(
  dependencies: Dependencies,
  em: EntityManager,
  process: SyncProcessName,
  record: RemoteRecord,
  rows: LinkedRow[],
): Promise<Record<string, EntityKey>> {
  const references: Record<string, EntityKey> = {};
  for (const [property, ref] of Object.entries(record.references)) {
    const found = await findReference(em, process, ref);
    if (found !== null) {
      references[property] = found;
      continue;
    }
    const came = record.related.find(({ type, remoteId }) => type === ref.type && remoteId === ref.remoteId);
    if (came === undefined) throw new Unresolvable({ kind: 'waiting', for: `${ref.type} ${ref.remoteId}` });
    references[property] = await link(dependencies, em, process, came, rows);
  }
  return references;
}

async function byMatch(
  dependencies: Dependencies,
  em: EntityManager,
  process: SyncProcessName,
  record: RemoteRecord,
  inbound: InboundMapping,
  references: Readonly<Record<string, EntityKey>>,
  rows: LinkedRow[],
): Promise<EntityKey | null> {
  const detection = detectionOf(dependencies, inboundProcess(dependencies, process).process, record.type);
  for (const criterion of inbound.match(record.content)) {
    const candidates = await matchRows(em, detection, criterion, references);
    const [first] = candidates;
    if (first === undefined) continue;
    if (candidates.length > 1 && !candidates.every(({ sharesWithAll }) => sharesWithAll)) {
      const names = candidates.map(({ key }) => `${record.type}/${key}`).join(', ');
      const by = Object.keys(criterion).join(', ');
      throw parked(`matches ${names} by ${by}: decide with link which one it is`);
    }
    return linkMatched(dependencies, em, process, record, first, inbound, rows);
  }
  return null;
}

/** Links a row that was there already. What was decided stays decided: an unlinked row is not linked again. */
async function linkMatched(
  dependencies: Dependencies,
  em: EntityManager,
  process: SyncProcessName,
  record: RemoteRecord,
  { key, state, remoteId: held }: Candidate,
  inbound: InboundMapping,
  rows: LinkedRow[],
): Promise<EntityKey> {
  const { type, remoteId } = record;
  if (state === 'UNLINKED') throw nothing(`${type}/${key} is unlinked`);
  if (state === 'SUPPRESSED') throw nothing(`${type}/${key} is suppressed`);
  if (state === 'ERASED') throw nothing(`${type}/${key} was erased`);
  if (held !== null && held !== remoteId) {
    if (!inbound.newestRemoteWins) {
      throw parked(`is ${type}/${key}'s, which has ${held} already: merge the two, or decide with link`);
    }
    rows.push({ type, key, how: 'known' });
    if (Number(held) > Number(remoteId)) {
      await recordShared(dependencies, em, process, record, key);
      return key;
    }
  } else {
    rows.push({ type, key, how: 'matched' });
  }
  const { modifiedOn: remoteSyncedOn } = record;
  await linkRecord(em, { process, type, key, remoteId, base: null, remoteSyncedOn, entitySyncedOn: null });
  return key;
}

/** An older remote record of a row: it is remembered, so that it is not taken for a stranger's at every poll. */
async function recordShared(
  { keys }: Dependencies,
  em: EntityManager,
  process: SyncProcessName,
  { type, remoteId, content }: RemoteRecord,
  key: EntityKey,
): Promise<void> {
  await writeUnresolved(em, {
    process,
    type,
    remoteId,
    base: baseOf(content, keys),
    state: 'SHARED',
    waitingFor: null,
    sharedWith: key,
    errorClass: null,
    reason: null,
    workflowId: remoteWorkflowId(process, type, remoteId),
  });
}

async function create(
  { keys }: Dependencies,
  em: EntityManager,
  process: SyncProcessName,
  record: RemoteRecord,
  inbound: InboundMapping,
  references: Readonly<Record<string, EntityKey>>,
  rows: LinkedRow[],
): Promise<EntityKey> {
  const { type, remoteId, content, modifiedOn: remoteSyncedOn } = record;
  const refusal = inbound.refuseCreate(content);
  if (refusal !== null) throw nothing(refusal);
  if (await wasErased(em, process, keys, record)) throw nothing('its address was erased, and it is from before');
  const values = { ...inbound.apply(content, Object.keys(content), null), ...references };
  const { key, modifiedOn } = await insertEmsRow(em, type, values);
  const base = baseOf(content, keys);
  await linkRecord(em, { process, type, key, remoteId, base, remoteSyncedOn, entitySyncedOn: modifiedOn });
  rows.push({ type, key, how: 'created' });
  return key;
}

/** Of a person who was erased: what a target kept must not come back; what the person does there anew may. */
async function wasErased(
  em: EntityManager,
  process: SyncProcessName,
  keys: readonly SecretKey[],
  { type, content, modifiedOn }: RemoteRecord,
): Promise<boolean> {
  const { email } = content;
  if (type !== 'Person' || typeof email !== 'string') return false;
  const since = await erasedSince(em, process, addressHashes('email', email, keys));
  if (since === null) return false;
  return modifiedOn === null || Temporal.Instant.compare(parseInstant(modifiedOn), parseInstant(since)) <= 0;
}
