import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { Base } from '../../sync/keyed-hash.ts';
import type { SyncState } from '../../sync/sync-state.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable, recordTable } from '../table-names.ts';
import { confirmedForMs } from './sync-record.ts';

/** What our records know about a remote record. */
export interface KnownRemote {
  readonly remoteId: string;
  /** Null: EMS has no row for it (yet): it is parked, waits, or gets none. */
  readonly key: EntityKey | null;
  /** False: EMS has deleted the row, or has given its id to another one. */
  readonly inEms: boolean;
  /** EMS has reused the row's id, and an operator must decide about this record. */
  readonly reissued: boolean;
  /** The row that has a newer remote record of the same kind and shares this one; else null. */
  readonly sharedWith: EntityKey | null;
  readonly state: SyncState;
  /** The record was not written for a day. */
  readonly isDayOld: boolean;
  readonly base: Base | null;
  readonly remoteSyncedOn: string | null;
  /** How long ago the known remote state was confirmed, in milliseconds; null: never. */
  readonly confirmedForMs: number | null;
  readonly lastErrorClass: string | null;
  readonly lastError: string | null;
}

/** A race linked without its edition (`567`) matches all editions (`567@9`). */
export function referenceIds(remoteId: string): string[] {
  return [...new Set([remoteId, remoteId.split('@')[0] ?? remoteId])];
}

/** The records with these remote ids. */
export async function findByRemoteIds(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  remoteIds: readonly string[],
): Promise<ReadonlyMap<string, KnownRemote>> {
  if (remoteIds.length === 0) return new Map();
  const { rows } = await sql<KnownRemote>`
    SELECT sr.remote_id AS "remoteId", sr.entity_key AS key, e.id IS NOT NULL AND sr.reissued IS NULL AS "inEms", sr.reissued IS NOT NULL AS reissued,
      CASE WHEN sr.entity_key IS NULL THEN sr.shared_with END AS "sharedWith",
      sr.state, sr.updated_on < clock_timestamp() - interval '1 day' AS "isDayOld", sr.base,
      sr.remote_synced_on AS "remoteSyncedOn", ${confirmedForMs} AS "confirmedForMs", sr.last_error_class AS "lastErrorClass", sr.last_error AS "lastError"
    FROM ${sql.raw(recordTable(type))} sr LEFT JOIN ${sql.raw(entityTable(type))} e ON e.id = sr.entity_key
    WHERE sr.sync_process = ${process} AND sr.remote_id = ANY (${[...remoteIds]}::text[])`.execute(em.getKysely());
  return new Map(rows.map((row) => [row.remoteId, row]));
}

/** The record with this remote id; null if there is none. */
export async function findByRemoteId(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  remoteId: string,
): Promise<KnownRemote | null> {
  return (await findByRemoteIds(em, process, type, [remoteId])).get(remoteId) ?? null;
}

/** The records of the rows whose EMS ids remote records contain. */
export async function findByKeys(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  keys: readonly EntityKey[],
): Promise<ReadonlyMap<EntityKey, { readonly state: SyncState | null; readonly remoteId: string | null }>> {
  if (keys.length === 0) return new Map();
  const { rows } = await sql<{ key: EntityKey; state: SyncState | null; remoteId: string | null }>`
    SELECT e.id AS key, sr.state, sr.remote_id AS "remoteId"
    FROM ${sql.raw(entityTable(type))} e
    LEFT JOIN ${sql.raw(recordTable(type))} sr ON sr.sync_process = ${process} AND sr.entity_key = e.id
    WHERE e.id = ANY (${[...keys]}::bigint[])`.execute(em.getKysely());
  return new Map(rows.map(({ key, ...record }) => [key, record]));
}

/** Those of these rows that have a record of the process. */
export async function keysWithRecord(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  keys: readonly EntityKey[],
): Promise<EntityKey[]> {
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT sr.entity_key AS key FROM ${sql.raw(recordTable(type))} sr
    WHERE sr.sync_process = ${process} AND sr.entity_key = ANY (${[...keys]}::bigint[])
    ORDER BY sr.entity_key`.execute(em.getKysely());
  return rows.map(({ key }) => key);
}

/** The remote ids of all linked records of a type: what takes part. */
export async function linkedRemoteIds(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
): Promise<readonly string[]> {
  const { rows } = await sql<{ remote_id: string }>`
    SELECT sr.remote_id FROM ${sql.raw(recordTable(type))} sr JOIN ${sql.raw(entityTable(type))} e ON e.id = sr.entity_key
    WHERE sr.sync_process = ${process} AND sr.remote_id IS NOT NULL AND sr.state NOT IN ('UNLINKED', 'REMOVED')
    ORDER BY sr.remote_id`.execute(em.getKysely());
  return rows.map(({ remote_id }) => remote_id);
}

/** SQL: the remote id as a number, as the index sync_person_number has it; null for any other id. */
const remoteNumber = sql`(CASE WHEN sr.remote_id ~ '^[0-9]{1,18}$' THEN sr.remote_id::bigint END)`;

/** The keys of linked records whose numeric remote id is in (`after`, `upTo`] and not in `present`. */
export async function missingWithin(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  {
    after,
    upTo,
    present,
  }: { readonly after: string | null; readonly upTo: string | null; readonly present: readonly string[] },
): Promise<readonly EntityKey[]> {
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT sr.entity_key AS key
    FROM ${sql.raw(recordTable(type))} sr
    WHERE sr.sync_process = ${process} AND sr.remote_id IS NOT NULL AND sr.state NOT IN ('UNLINKED', 'REMOVED', 'PARKED')
      AND ${remoteNumber} > ${after ?? '-1'}::bigint AND ${remoteNumber} <= ${upTo ?? LARGEST_NUMBER}::bigint
      AND NOT EXISTS (SELECT FROM unnest(${[...present]}::text[]) listed WHERE listed = sr.remote_id)
      AND EXISTS (SELECT FROM ${sql.raw(entityTable(type))} e WHERE e.id = sr.entity_key)
    ORDER BY sr.entity_key`.execute(em.getKysely());
  return rows.map(({ key }) => key);
}

const LARGEST_NUMBER = '9223372036854775807';
