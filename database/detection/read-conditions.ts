import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable } from '../table-names.ts';

/** Which of these conditions the row meets, in their order; null: EMS has no such row. */
export async function readConditions(
  em: EntityManager,
  type: EntityType,
  key: EntityKey,
  conditions: readonly { readonly sql: string }[],
): Promise<readonly boolean[] | null> {
  const met = sql.join(conditions.map((condition) => sql`(${sql.raw(condition.sql)}) IS TRUE`));
  const { rows } = await sql<{ met: boolean[] }>`
    SELECT ARRAY[${met}]::boolean[] AS met FROM ${sql.raw(entityTable(type))} e WHERE e.id = ${key}::bigint`.execute(
    em.getKysely(),
  );
  return rows[0]?.met ?? null;
}
