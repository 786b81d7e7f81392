import { sql } from 'kysely';
import type { Orm } from '../database/orm.ts';
import { entityTable, recordTable } from '../database/table-names.ts';
import type { EntityKey, EntityRef, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { SyncState } from '../sync/sync-state.ts';
import type { SyncProcess } from '../targets/sync-process.ts';
import type { PairRef, RemoteToSync } from '../workflows/pair-start.ts';

/** The keys that EMS has or that the process has a record of; no other key can be synced. */
export async function knownKeys(
  orm: Orm,
  process: SyncProcessName,
  type: EntityType,
  keys: readonly EntityKey[],
): Promise<ReadonlySet<EntityKey>> {
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT id AS key FROM ${sql.raw(entityTable(type))} WHERE id = ANY (${keys}::bigint[])
    UNION
    SELECT entity_key FROM ${sql.raw(recordTable(type))}
    WHERE sync_process = ${process} AND entity_key = ANY (${keys}::bigint[])`.execute(orm.em.fork().getKysely());
  return new Set(rows.map(({ key }) => key));
}

/** Whether the process has a record of the entity, even if EMS does not have the row. */
export async function hasRecord(orm: Orm, process: SyncProcessName, { type, key }: EntityRef): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM ${sql.raw(recordTable(type))}
    WHERE sync_process = ${process} AND entity_key = ${key}::bigint`.execute(orm.em.fork().getKysely());
  return rows.length > 0;
}

/** All pairs of the process whose record is in one of these states, with this code if given, ordered by type and key. */
export async function pairsInState(
  orm: Orm,
  process: SyncProcess,
  types: readonly EntityType[],
  { states, code }: { readonly states: readonly SyncState[]; readonly code?: string | undefined },
): Promise<PairRef[]> {
  const found: PairRef[] = [];
  for (const type of types) {
    const { rows } = await sql<{ key: EntityKey }>`
      SELECT entity_key AS key FROM ${sql.raw(recordTable(type))}
      WHERE sync_process = ${process.name} AND entity_key IS NOT NULL AND state = ANY (${states}::text[])${withCode(code)}
      ORDER BY entity_key`.execute(orm.em.fork().getKysely());
    found.push(...rows.map(({ key }) => ({ process: process.name, type, key })));
  }
  return found;
}

const withCode = (code: string | undefined) => (code === undefined ? sql`` : sql` AND last_error_code = ${code}`);

/** The unlinked pairs; `gone`: only those whose remote record is gone, not those that an operator unlinked. */
export async function unlinkedPairs(
  orm: Orm,
  { name }: SyncProcess,
  types: readonly EntityType[],
): Promise<(EntityRef & { readonly gone: boolean })[]> {
  const found: (EntityRef & { readonly gone: boolean })[] = [];
  for (const type of types) {
    const { rows } = await sql<{ key: EntityKey; gone: boolean }>`
      SELECT entity_key AS key, last_error_class IS NOT DISTINCT FROM 'gone' AS gone FROM ${sql.raw(recordTable(type))}
      WHERE sync_process = ${name} AND entity_key IS NOT NULL AND state = 'UNLINKED'
      ORDER BY entity_key`.execute(orm.em.fork().getKysely());
    found.push(...rows.map((row) => ({ type, ...row })));
  }
  return found;
}

/** Parked remote records without a row in EMS. A retry may succeed if a human or a change at the target has helped. */
export async function parkedRemotes(
  orm: Orm,
  { name }: SyncProcess,
  types: readonly EntityType[],
  code?: string,
): Promise<RemoteToSync[]> {
  const found: RemoteToSync[] = [];
  for (const type of types) {
    const { rows } = await sql<{ remote_id: string }>`
      SELECT remote_id FROM ${sql.raw(recordTable(type))}
      WHERE sync_process = ${name} AND entity_key IS NULL AND remote_id IS NOT NULL AND state = 'PARKED'${withCode(code)}
      ORDER BY id`.execute(orm.em.fork().getKysely());
    found.push(...rows.map(({ remote_id }) => ({ process: name, type, remoteId: remote_id })));
  }
  return found;
}
