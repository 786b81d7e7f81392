import { sql } from 'kysely';
import type { Orm } from '../../database/orm.ts';
import { entityTable, recordTable } from '../../database/table-names.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityMapping } from '../../targets/entity-mapping.ts';

/**
 * The rows that concern the process: its filter takes them, or it has a record of them (so that deleted and filtered
 * rows leave the target). Rows last written by our own absorption, together with the record, are left out: the target
 * they came from already has them.
 */
export async function wantedKeys(
  orm: Orm,
  process: SyncProcessName,
  mapping: EntityMapping,
  keys: readonly EntityKey[],
): Promise<EntityKey[]> {
  const records = sql.raw(recordTable(mapping.type));
  const entities = sql.raw(entityTable(mapping.type));
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT e.id AS key FROM ${entities} e
    LEFT JOIN ${records} sr ON sr.entity_key = e.id AND sr.sync_process = ${process}
    WHERE e.id = ANY (${keys}::bigint[]) AND sr.state IS DISTINCT FROM 'UNLINKED'
      AND (coalesce(sr.state <> 'REMOVED', false) OR (${sql.raw(mapping.filter)}))
      AND e.xmin::text IS DISTINCT FROM sr.xmin::text
    UNION ALL
    SELECT sr.entity_key FROM ${records} sr
    WHERE sr.sync_process = ${process} AND sr.entity_key = ANY (${keys}::bigint[])
      AND NOT EXISTS (SELECT FROM ${entities} e WHERE e.id = sr.entity_key)`.execute(orm.em.fork().getKysely());
  return rows.map(({ key }) => key);
}

/** The row that a pair's record waits for, for example `Person/4711`; null if none. */
export async function awaitedBy(
  orm: Orm,
  process: SyncProcessName,
  { type }: EntityMapping,
  key: EntityKey,
): Promise<string | null> {
  const { rows } = await sql<{ awaited: string | null }>`
    SELECT waiting_for AS awaited FROM ${sql.raw(recordTable(type))}
    WHERE sync_process = ${process} AND entity_key = ${key}::bigint AND state = 'WAITING'`.execute(
    orm.em.fork().getKysely(),
  );
  return rows[0]?.awaited ?? null;
}
