import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { Orm } from '../orm.ts';
import { recordTable } from '../table-names.ts';

/**
 * Whether the target has confirmed another pair of the process in an attempt that began after `since`, or no other pair
 * is being delivered.
 *
 * @param since the fencing token of this pair's previous attempt: all pairs draw tokens from one sequence.
 */
export async function isAnotherConfirmed(
  orm: Orm,
  own: { readonly process: SyncProcessName; readonly type: EntityType; readonly key: EntityKey },
  { types, since }: { readonly types: readonly EntityType[]; readonly since: string },
): Promise<boolean> {
  const others = types.map(
    (type) => sql`
      SELECT sr.state, sr.pass, sr.last_error_class FROM ${sql.raw(recordTable(type))} sr
      WHERE sr.sync_process = ${own.process} AND sr.entity_key IS NOT NULL
        AND NOT (${type === own.type} AND sr.entity_key = ${own.key}::bigint)`,
  );
  const { rows } = await sql<{ confirmed: boolean | null; open: boolean | null }>`
    SELECT bool_or(state = 'IN_SYNC' AND pass > ${since}::bigint) AS confirmed,
      bool_or(state IN ('PENDING', 'CREATING')
        OR (state = 'FAILING' AND last_error_class IN ('contract', 'target-down'))) AS open
    FROM (${sql.join(others, sql` UNION ALL `)}) others`.execute(orm.em.fork().getKysely());
  return rows[0]?.confirmed === true || rows[0]?.open !== true;
}
