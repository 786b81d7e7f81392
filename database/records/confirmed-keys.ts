import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';

/** The next rows that the target has confirmed, in order. */
export async function confirmedKeys(
  em: EntityManager,
  {
    process,
    type,
    after,
    limit,
  }: {
    readonly process: SyncProcessName;
    readonly type: EntityType;
    readonly after: EntityKey | null;
    readonly limit: number;
  },
): Promise<EntityKey[]> {
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT sr.entity_key AS key FROM ${sql.raw(recordTable(type))} sr
    WHERE sr.sync_process = ${process} AND sr.entity_key IS NOT NULL AND sr.remote_id IS NOT NULL
      AND sr.state IN ('IN_SYNC', 'SUPPRESSED') AND (${after}::bigint IS NULL OR sr.entity_key > ${after}::bigint)
    ORDER BY sr.entity_key LIMIT ${limit}`.execute(em.getKysely());
  return rows.map(({ key }) => key);
}
