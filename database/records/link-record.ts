import { sql } from 'kysely';
import type { ErrorClass } from '../../sync/error-class.ts';
import { failureCode } from '../../sync/failure-code.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { Base } from '../../sync/keyed-hash.ts';
import type { Stamp } from '../../sync/instant.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable, recordTable } from '../table-names.ts';

export interface Link {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
  readonly remoteId: string;
  /** Null: the two have never been compared (a matched row). */
  readonly base: Base | null;
  readonly remoteSyncedOn: string | null;
  /** The row's own time if it was created from this remote record; null: the row has its own state to send. */
  readonly entitySyncedOn: Stamp | null;
}

/**
 * Links an EMS row to a remote record as PENDING: the pair's workflow compares the two and sends what is needed.
 * Removes the parked or waiting record of this remote id.
 */
export async function linkRecord(em: EntityManager, link: Link): Promise<void> {
  const { process, type, key, remoteId, base, remoteSyncedOn, entitySyncedOn } = link;
  const table = sql.raw(recordTable(type));
  await sql`
    DELETE FROM ${table} WHERE sync_process = ${process} AND remote_id = ${remoteId} AND entity_key IS NULL`.execute(
    em.getKysely(),
  );
  await sql`
    INSERT INTO ${table} AS sr (sync_process, entity_id, entity_key, remote_id, base, remote_synced_on, remote_confirmed_on,
      entity_synced_on, state, updated_on)
    VALUES (${process}, ${key}::bigint, ${key}::bigint, ${remoteId}, ${base === null ? null : JSON.stringify(base)}::jsonb,
      ${remoteSyncedOn}::timestamptz, CASE WHEN ${remoteSyncedOn}::timestamptz IS NOT NULL THEN clock_timestamp() END,
      ${entitySyncedOn}::timestamptz, 'PENDING', clock_timestamp())
    ON CONFLICT (sync_process, entity_key) DO UPDATE SET remote_id = EXCLUDED.remote_id, base = EXCLUDED.base,
      remote_synced_on = EXCLUDED.remote_synced_on, remote_confirmed_on = EXCLUDED.remote_confirmed_on, content_hash = NULL, state = 'PENDING', entity_id = EXCLUDED.entity_id,
      waiting_for = NULL, shared_with = NULL, fingerprint = NULL, reissued = NULL, last_error_class = NULL, last_error_code = NULL, last_error = NULL,
      updated_on = EXCLUDED.updated_on`.execute(em.getKysely());
}

/**
 * A remote record without its own row: it waits for another one or for a human, its row has a newer one (SHARED, with
 * the row in `sharedWith`), or EMS must not have a row for it (UNLINKED).
 */
export interface Unresolved {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly remoteId: string;
  readonly base: Base | null;
  readonly state: 'PARKED' | 'WAITING' | 'SHARED' | 'UNLINKED';
  readonly waitingFor: string | null;
  readonly sharedWith: EntityKey | null;
  readonly errorClass: ErrorClass | null;
  /** As {@link failureCode} takes it. */
  readonly code?: string | undefined;
  readonly reason: string | null;
  readonly workflowId: string;
}

/** Stores the record; writes nothing if nothing has changed within a day. A record that now has a row is left alone. */
export async function writeUnresolved(em: EntityManager, unresolved: Unresolved): Promise<void> {
  const { process, type, remoteId, base, state, waitingFor, sharedWith, errorClass, reason, workflowId } = unresolved;
  await sql`
    INSERT INTO ${sql.raw(recordTable(type))} AS sr (sync_process, remote_id, base, state, waiting_for, shared_with,
      last_error_class, last_error_code, last_error, workflow_id, updated_on)
    SELECT ${process}, ${remoteId}, ${base === null ? null : JSON.stringify(base)}::jsonb, ${state}, ${waitingFor},
      ${sharedWith}::bigint, ${errorClass}, ${errorClass === null ? null : failureCode(process, errorClass, unresolved.code)},
      ${reason}, ${workflowId}, clock_timestamp()
    WHERE NOT EXISTS (SELECT FROM ${sql.raw(recordTable(type))} known WHERE known.sync_process = ${process}
      AND known.remote_id = ${remoteId} AND known.state = ${state} AND known.last_error IS NOT DISTINCT FROM ${reason}
      AND known.base IS NOT DISTINCT FROM ${base === null ? null : JSON.stringify(base)}::jsonb
      AND known.updated_on > clock_timestamp() - interval '1 day')
    ON CONFLICT (sync_process, remote_id) DO UPDATE SET base = EXCLUDED.base, state = EXCLUDED.state,
      waiting_for = EXCLUDED.waiting_for, shared_with = EXCLUDED.shared_with, last_error_class = EXCLUDED.last_error_class,
      last_error_code = EXCLUDED.last_error_code, last_error = EXCLUDED.last_error,
      workflow_id = EXCLUDED.workflow_id, updated_on = EXCLUDED.updated_on
    WHERE sr.entity_key IS NULL`.execute(em.getKysely());
}

/** The remote record is gone, or continues under another id: there is nothing left to wait for. */
export async function forgetUnresolved(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  remoteId: string,
): Promise<void> {
  await sql`
    DELETE FROM ${sql.raw(recordTable(type))}
    WHERE sync_process = ${process} AND remote_id = ${remoteId} AND entity_key IS NULL`.execute(em.getKysely());
}

/** Deletes the record of a row that EMS has deleted, so that its remote record can belong to another row. */
export async function forgetDeletedRow(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  remoteId: string,
): Promise<void> {
  await sql`
    DELETE FROM ${sql.raw(recordTable(type))} sr
    WHERE sr.sync_process = ${process} AND sr.remote_id = ${remoteId}
      AND NOT EXISTS (SELECT FROM ${sql.raw(entityTable(type))} e WHERE e.id = sr.entity_key)`.execute(em.getKysely());
}

/** Unlinks a row from its remote record, which stays as it is; it is only linked again by an operator. */
export async function unlinkRecord(
  em: EntityManager,
  { process, type, key }: Pick<Link, 'process' | 'type' | 'key'>,
): Promise<void> {
  await sql`
    INSERT INTO ${sql.raw(recordTable(type))} AS sr (sync_process, entity_id, entity_key, state, updated_on)
    SELECT ${process}, (SELECT id FROM ${sql.raw(entityTable(type))} WHERE id = ${key}::bigint), ${key}::bigint, 'UNLINKED',
      clock_timestamp()
    ON CONFLICT (sync_process, entity_key) DO UPDATE SET state = 'UNLINKED', remote_id = NULL, content_hash = NULL,
      base = NULL, remote_synced_on = NULL, waiting_for = NULL, shared_with = NULL, fingerprint = NULL, reissued = NULL, last_error_class = NULL, last_error_code = NULL, last_error = NULL, attempts = 0,
      failing_since = NULL, updated_on = EXCLUDED.updated_on`.execute(em.getKysely());
}

/**
 * Resumes an unlinked pair: the next delivery looks for its remote record, by EMS id and identifying fields, and
 * creates one if there is none.
 *
 * @returns false if it is not unlinked.
 */
export async function relinkRecord(
  em: EntityManager,
  { process, type, key }: Pick<Link, 'process' | 'type' | 'key'>,
): Promise<boolean> {
  const { rows } = await sql`
    UPDATE ${sql.raw(recordTable(type))} SET state = 'PENDING', last_error_class = NULL, last_error_code = NULL, last_error = NULL,
      updated_on = clock_timestamp()
    WHERE sync_process = ${process} AND entity_key = ${key}::bigint AND state = 'UNLINKED' RETURNING 1`.execute(
    em.getKysely(),
  );
  return rows.length > 0;
}
