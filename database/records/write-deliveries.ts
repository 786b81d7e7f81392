import { sql } from 'kysely';
import type { Delivery, Examined } from '../../sync/delivery.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { Base } from '../../sync/keyed-hash.ts';
import type { SyncState } from '../../sync/sync-state.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager, Orm } from '../orm.ts';
import { entityTable, recordTable } from '../table-names.ts';
import { tieSentMessages } from './message-ties.ts';

/** The columns that a result sets; those left out are set to null, but for `remote_synced_on`, which only moves on. */
interface RecordValues {
  readonly key: string;
  readonly pass: string;
  readonly state: SyncState;
  readonly workflowId: string;
  readonly entitySyncedOn?: string | null;
  readonly examinedOn?: string | null;
  readonly mappingVersion?: number | null;
  readonly sourcesVersion?: string | null;
  readonly waitingFor?: string | null;
  readonly remoteId?: string | null;
  readonly contentHash?: string | null;
  readonly base?: Base | null;
  readonly remoteSyncedOn?: string | null;
  readonly lastErrorClass?: string | null;
  readonly lastError?: string | null;
  /** Which of the old values stay: those that a result without a remote call must not lose. */
  readonly keep: 'nothing' | 'remote' | 'times-and-remote';
}

/**
 * Writes the results of a pass, all in one transaction: hash, times and remote id together, and only with a confirmed result
 * (architecture rule 3). A record that a newer pass has written is left alone, so writing twice is harmless.
 */
export async function writeDeliveries(
  orm: Orm,
  process: SyncProcessName,
  type: EntityType,
  deliveries: readonly (Delivery & { readonly workflowId: string })[],
): Promise<void> {
  const values = deliveries.flatMap((delivery) => recordValues(delivery) ?? []);
  const forgotten = deliveries.filter((delivery) => delivery.kind === 'removed' && delivery.forget);
  await orm.em.fork().transactional(async (em) => {
    await deleteRecords(em, process, type, forgotten);
    await tieSentMessages(em, process, deliveries);
    for (const [keep, sameKeep] of Map.groupBy(values, (value) => value.keep)) {
      await upsertRecords(em, process, type, keep, sameKeep);
    }
  });
}

async function deleteRecords(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  forgotten: readonly Delivery[],
): Promise<void> {
  if (forgotten.length === 0) return;
  const keys = JSON.stringify(forgotten.map(({ key, pass }) => ({ key, pass })));
  await sql`
    DELETE FROM ${sql.raw(recordTable(type))} sr USING jsonb_to_recordset(${keys}::jsonb) AS v(key bigint, pass bigint)
    WHERE sr.sync_process = ${process} AND sr.entity_key = v.key AND sr.pass <= v.pass
      AND NOT EXISTS (SELECT FROM ${sql.raw(entityTable(type))} e WHERE e.id = v.key)`.execute(em.getKysely());
}

const KEPT_COLUMNS = {
  nothing: [],
  remote: ['remote_id', 'content_hash', 'base'],
  'times-and-remote': ['remote_id', 'content_hash', 'base', 'entity_synced_on'],
} as const satisfies Record<RecordValues['keep'], readonly string[]>;

async function upsertRecords(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  keep: RecordValues['keep'],
  values: readonly RecordValues[],
): Promise<void> {
  const kept: readonly string[] = KEPT_COLUMNS[keep];
  const keepable = (column: string) => sql.raw(`${column} = ${kept.includes(column) ? 'sr' : 'EXCLUDED'}.${column}`);
  await sql`
    INSERT INTO ${sql.raw(recordTable(type))} AS sr (sync_process, entity_id, entity_key, pass, state, workflow_id,
      entity_synced_on, examined_on, mapping_version, sources_version, waiting_for, remote_id, content_hash, base,
      remote_synced_on, last_error_class, last_error, updated_on)
    SELECT ${process}, e.id, v.key, v.pass, v.state, v."workflowId",
      v."entitySyncedOn", v."examinedOn", v."mappingVersion", v."sourcesVersion", v."waitingFor", v."remoteId",
      v."contentHash", v.base, v."remoteSyncedOn", v."lastErrorClass", v."lastError", clock_timestamp()
    FROM jsonb_to_recordset(${JSON.stringify(values)}::jsonb) AS v(key bigint, pass bigint, state text,
      "workflowId" text, "entitySyncedOn" timestamptz, "examinedOn" timestamptz, "mappingVersion" integer,
      "sourcesVersion" text, "waitingFor" text, "remoteId" text, "contentHash" text, base jsonb, "remoteSyncedOn" timestamptz,
      "lastErrorClass" text, "lastError" text)
    LEFT JOIN ${sql.raw(entityTable(type))} e ON e.id = v.key
    ON CONFLICT (sync_process, entity_key) DO UPDATE SET
      entity_id = EXCLUDED.entity_id,
      pass = EXCLUDED.pass,
      state = EXCLUDED.state,
      workflow_id = EXCLUDED.workflow_id,
      ${keepable('entity_synced_on')},
      examined_on = EXCLUDED.examined_on,
      mapping_version = EXCLUDED.mapping_version,
      sources_version = EXCLUDED.sources_version,
      waiting_for = EXCLUDED.waiting_for,
      ${keepable('remote_id')},
      ${keepable('content_hash')},
      ${keepable('base')},
      remote_synced_on = coalesce(EXCLUDED.remote_synced_on, sr.remote_synced_on),
      last_error_class = EXCLUDED.last_error_class,
      last_error = EXCLUDED.last_error,
      attempts = 0,
      failing_since = NULL,
      updated_on = EXCLUDED.updated_on
    WHERE sr.pass <= EXCLUDED.pass`.execute(em.getKysely());
}

/** A microsecond short while unsettled: the next sweep then looks again, finds the hash equal, and sets the time right. */
export function syncedOn({ modifiedOn, settled }: Examined): string {
  if (settled) return modifiedOn;
  return Temporal.Instant.from(modifiedOn).subtract({ microseconds: 1 }).toString({ fractionalSecondDigits: 6 });
}

/** Unsettled sources count as unknown, for the same reason. */
export function knownSources({ sourcesVersion, settled }: Examined): string | null {
  return settled ? sourcesVersion : null;
}

function recordValues(delivery: Delivery & { readonly workflowId: string }): RecordValues | null {
  const { key, pass, workflowId } = delivery;
  const common = { key, pass, workflowId };
  switch (delivery.kind) {
    case 'nothing':
    case 'superseded':
    case 'blocked':
      return null;
    case 'created':
    case 'updated':
      return {
        ...common,
        keep: 'nothing',
        state: 'IN_SYNC',
        ...inSync(delivery.examined),
        remoteId: delivery.remoteId,
        contentHash: delivery.contentHash,
        base: delivery.base ?? null,
        remoteSyncedOn: delivery.remoteModifiedOn,
      };
    case 'unchanged':
      return { ...common, keep: 'remote', state: 'IN_SYNC', ...inSync(delivery.examined) };
    case 'removed':
      return delivery.forget
        ? null
        : { ...common, keep: 'nothing', state: 'REMOVED', remoteId: delivery.keptAs ?? null };
    case 'linked':
      return { ...common, keep: 'nothing', state: 'LINKED', ...examined(delivery.examined), waitingFor: delivery.to };
    case 'parked':
      return {
        ...common,
        keep: 'times-and-remote',
        state: 'PARKED',
        ...examined(delivery.examined),
        lastErrorClass: delivery.errorClass,
        lastError: delivery.field === null ? delivery.reason : `${delivery.field}: ${delivery.reason}`,
      };
    case 'waiting':
      return {
        ...common,
        keep: 'times-and-remote',
        state: 'WAITING',
        ...examined(delivery.examined),
        waitingFor: delivery.for,
      };
    case 'gave-way':
      return { ...common, keep: 'nothing', state: 'PENDING', remoteId: delivery.remoteId };
  }
}

function inSync(judged: Examined) {
  return {
    entitySyncedOn: syncedOn(judged),
    sourcesVersion: knownSources(judged),
    mappingVersion: judged.mappingVersion,
  };
}

function examined(judged: Examined) {
  return {
    examinedOn: syncedOn(judged),
    sourcesVersion: knownSources(judged),
    mappingVersion: judged.mappingVersion,
  };
}
