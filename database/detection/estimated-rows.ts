import { sql } from 'kysely';
import type { EntityType } from '../../sync/entity-type.ts';
import { realOid } from '../model/stored-model.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable } from '../table-names.ts';

/** PostgreSQL's own estimate, without reading the table. 0 if it has none yet. */
export async function estimatedRows(em: EntityManager, type: EntityType): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT greatest(c.reltuples, pg_stat_get_live_tuples(c.oid), 0)::float8 AS count
    FROM pg_class c WHERE c.oid = ${sql.raw(realOid(`'${entityTable(type)}'`))}`.execute(em.getKysely());
  return rows[0]?.count ?? 0;
}
