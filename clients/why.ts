import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { sql } from 'kysely';
import { readConditions } from '../database/detection/read-conditions.ts';
import { dueRows, goneRows, type DueReason } from '../database/detection/due-query.ts';
import type { Orm } from '../database/orm.ts';
import { loadEnds } from '../database/records/load-pairs.ts';
import { readPause } from '../database/records/pauses.ts';
import { RECORD_ENTITIES, type SyncRecord } from '../database/records/sync-record.ts';
import { entityTable } from '../database/table-names.ts';
import { formatInstant, parseInstant, type Instant, type Stamp } from '../sync/instant.ts';
import { readSuppressions } from '../database/records/suppression-list.ts';
import { hashesOf } from '../sync/address-hash.ts';
import { binding, reasonsFromElsewhere, type Suppression } from '../sync/suppression.ts';
import { formatRef, type EntityRef, type EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { SyncState } from '../sync/sync-state.ts';
import { pairWorkflowId } from '../sync/workflow-ids.ts';
import { mappingOf, type SyncProcess } from '../targets/sync-process.ts';
import type { CommonSettings } from '../settings/schema.ts';
import { detectionOf } from './detection-of.ts';
import { webUiLink } from './web-ui-link.ts';

/** The parts of the record that operators need. Times are RFC 3339 in UTC with microseconds. */
export interface RecordSummary {
  readonly state: SyncState;
  /** Also null if the id would reveal the person; see {@link Explanation.keepsRemoteId}. */
  readonly remoteId: string | null;
  readonly waitingFor: string | null;
  /** SHARED: the row whose remote record represents this one, for example `Person/4711`; else null. */
  readonly sharedWith: string | null;
  readonly lastErrorClass: string | null;
  /** Stable, for example `TAGSERVER-409-DUPLICATE-BIB`; null: it does not fail. docs/errors.md says what it means. */
  readonly lastErrorCode: string | null;
  readonly lastError: string | null;
  readonly attempts: number;
  readonly failingSince: string | null;
  readonly entitySyncedOn: string | null;
  readonly evaluatedOn: string | null;
  readonly remoteSyncedOn: string | null;
  readonly updatedOn: string | null;
}

export interface PairWorkflow {
  readonly id: string;
  /** Temporal's status, for example `RUNNING` or `COMPLETED`; null: it never ran, or its history has expired. */
  readonly status: string | null;
  readonly link: string;
}

/** A condition of the mapping's filter, and whether the row meets it. */
export interface ConditionState {
  readonly name: string;
  readonly holds: boolean;
  /** What the row has if it meets the condition. */
  readonly means: string;
  /** What would make it meet the condition. */
  readonly change: string;
}

/** One entity as one process sees it. */
export interface Explanation {
  readonly process: SyncProcessName;
  readonly inEms: boolean;
  readonly passesFilter: boolean;
  /** The conditions of the filter; empty if EMS has no such row. */
  readonly conditions: readonly ConditionState[];
  /** When EMS last changed it. */
  readonly modifiedOn: string | null;
  /** Since when the process is paused; null: it is not. */
  readonly pausedOn: string | null;
  /** Why the next sweep takes it; null: it is not due. */
  readonly due: DueReason | null;
  readonly record: RecordSummary | null;
  readonly workflow: PairWorkflow;
  /** True: there is a remote id, but it is a hash of an address and is therefore not shown. */
  readonly keepsRemoteId: boolean;
  /** The refusals that apply to the person at this target, and where each was made if at another target. */
  readonly refused: readonly Suppression[];
}

/** What the process has done with the entity, and what is left to do. */
export async function explain(
  { orm, client, settings }: { readonly orm: Orm; readonly client: Client; readonly settings: CommonSettings },
  process: SyncProcess,
  ref: EntityRef,
): Promise<Explanation> {
  const detection = detectionOf(process, mappingOf(process, ref.type), settings);
  const em = orm.em.fork();
  // Not the whole row: the gateway's role may not read it.
  const { rows: judged } = await sql<{ passes: boolean; modifiedOn: Stamp | null }>`
    SELECT (${sql.raw(detection.mapping.filter)}) IS TRUE AS passes, e.modified_on::text AS "modifiedOn"
    FROM ${sql.raw(entityTable(ref.type))} e WHERE e.id = ${ref.key}::bigint`.execute(em.getKysely());
  const [row] = judged;
  const record = await em.findOne(RECORD_ENTITIES[ref.type], { syncProcess: process.name, entityKey: ref.key });
  const { rows } = await sql<{ reason: DueReason }>`
    SELECT due.reason FROM (${dueRows(detection)}) due WHERE due.key = ${ref.key}::bigint
    UNION ALL
    SELECT gone.reason FROM (${goneRows(detection)}) gone WHERE gone.key = ${ref.key}::bigint`.execute(em.getKysely());
  const keepsRemoteId = process.remoteIdsArePersonal === true && record !== null && record.remoteId !== null;
  return {
    process: process.name,
    inEms: row !== undefined,
    passesFilter: row?.passes ?? false,
    conditions: await conditionsOf(orm, process, ref),
    modifiedOn: writtenStamp(row?.modifiedOn),
    pausedOn: (await readPause(orm.em.fork(), process.name))?.pausedOn ?? null,
    due: rows[0]?.reason ?? null,
    record: record === null ? null : summaryOf(record, sharingType(process, ref), keepsRemoteId),
    workflow: await workflowOf(client, settings, pairWorkflowId(process.name, ref.type, ref.key)),
    keepsRemoteId,
    refused: await refusedOf({ orm, settings }, process, ref),
  };
}

async function conditionsOf(orm: Orm, process: SyncProcess, { type, key }: EntityRef): Promise<ConditionState[]> {
  const { conditions } = mappingOf(process, type);
  const met = await readConditions(orm.em.fork(), type, key, conditions);
  if (met === null) return [];
  return conditions.map(({ name, means, change }, at) => ({ name, means, change, holds: met[at] === true }));
}

/** The refusals that the next pass would apply. */
async function refusedOf(
  { orm, settings }: { readonly orm: Orm; readonly settings: CommonSettings },
  process: SyncProcess,
  { type, key }: EntityRef,
): Promise<readonly Suppression[]> {
  const { consent } = mappingOf(process, type);
  if (consent === null) return [];
  // The gateway has no key: it sees what is entered under the person's id.
  const keys = settings.SYNC_KEY ?? [];
  const { entity } = keys.length === 0 ? { entity: null } : await loadEnds(orm, process.name, type, key);
  const addresses = entity === null ? {} : consent.addresses(entity);
  const question = { key, hashes: hashesOf(addresses, keys) };
  const listed = await readSuppressions(orm.em.fork(), process.name, [question], {
    reasons: reasonsFromElsewhere(settings.CONSENT_SCOPE),
    channels: consent.channels,
  });
  return binding(listed.get(key) ?? [], settings.CONSENT_POLICY);
}

/** A child row is shared with its parent's owner. */
function sharingType(process: SyncProcess, { type }: EntityRef): EntityType {
  return mappingOf(process, type).childOf?.type ?? type;
}

function summaryOf(record: SyncRecord, sharing: EntityType, keepsRemoteId: boolean): RecordSummary {
  const { state, remoteId, waitingFor, sharedWith, lastErrorClass, lastErrorCode, lastError, attempts } = record;
  return {
    state,
    remoteId: keepsRemoteId ? null : remoteId,
    waitingFor,
    sharedWith: sharedWith === null ? null : formatRef({ type: sharing, key: sharedWith }),
    lastErrorClass,
    lastErrorCode,
    lastError,
    attempts,
    failingSince: written(record.failingSince),
    entitySyncedOn: writtenStamp(record.entitySyncedOn),
    evaluatedOn: writtenStamp(record.evaluatedOn),
    remoteSyncedOn: written(record.remoteSyncedOn),
    updatedOn: written(record.updatedOn),
  };
}

const written = (time: Instant | null | undefined) =>
  time === null || time === undefined ? null : formatInstant(time);

/** PostgreSQL's own notation for values that RFC 3339 cannot express (`infinity`). */
function writtenStamp(stamp: Stamp | null | undefined): string | null {
  if (stamp === null || stamp === undefined) return null;
  try {
    return formatInstant(parseInstant(stamp));
  } catch {
    return stamp;
  }
}

async function workflowOf(client: Client, settings: CommonSettings, id: string): Promise<PairWorkflow> {
  try {
    const { status, runId } = await client.workflow.getHandle(id).describe();
    return { id, status: status.name, link: webUiLink(settings, id, runId) };
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    return { id, status: null, link: webUiLink(settings, id) };
  }
}
