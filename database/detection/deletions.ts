import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import { marksDeleted, realOid } from '../model/stored-model.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable, recordTable } from '../table-names.ts';
import type { Detection } from './detection.ts';

/**
 * A text that changes once rows of EMS's table were deleted: PostgreSQL's own counter, which anyone may read, and the
 * table's file, which TRUNCATE and a restore replace. Null: not known (EMS marks rows instead of deleting them, or
 * `track_counts` is off). A session reports its deletes within ten seconds of its commit.
 */
export async function deletionsSeen(
  em: EntityManager,
  type: EntityType | 'ConversationMessage',
): Promise<string | null> {
  const { rows } = await sql<{ seen: string | null }>`
    SELECT CASE WHEN c.relkind = 'r' AND current_setting('track_counts') = 'on' AND NOT ${sql.raw(marksDeleted(type))}
      THEN c.oid || ':' || c.relfilenode || ':' || pg_stat_get_tuples_deleted(c.oid) END AS seen
    FROM pg_class c WHERE c.oid = ${sql.raw(realOid(`'${entityTable(type)}'`))}`.execute(em.getKysely());
  return rows[0]?.seen ?? null;
}

/** The next keys of records whose row is gone and that no sweep has marked as orphans. Compares keys only. */
export async function deletedKeys(
  em: EntityManager,
  { process, mapping }: Detection,
  {
    after,
    upTo = null,
    limit,
  }: { readonly after: EntityKey | null; readonly upTo?: EntityKey | null; readonly limit: number },
): Promise<EntityKey[]> {
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT sr.entity_key AS key FROM ${sql.raw(recordTable(mapping.type))} sr
    WHERE sr.sync_process = ${process} AND sr.entity_key IS NOT NULL AND sr.entity_id IS NOT NULL
      AND NOT (sr.state = 'REMOVED' AND sr.remote_id IS NOT NULL)
      AND NOT EXISTS (SELECT FROM ${sql.raw(entityTable(mapping.type))} e WHERE e.id = sr.entity_key)
      AND ${after === null ? sql`true` : sql`sr.entity_key > ${after}::bigint`}
      AND ${upTo === null ? sql`true` : sql`sr.entity_key <= ${upTo}::bigint`}
    ORDER BY sr.entity_key LIMIT ${limit}`.execute(em.getKysely());
  return rows.map(({ key }) => key);
}
