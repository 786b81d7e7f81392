import { sql, type RawBuilder } from 'kysely';
import { realOid } from '../model/stored-model.ts';
import type { EntityManager } from '../orm.ts';

/** SQL: the rows that triggers have noted of a table since then, with nothing but their ids. */
export const notedRows = (table: string, since: string): RawBuilder<unknown> => sql`(
  SELECT noted.* FROM sync_outbox o CROSS JOIN LATERAL jsonb_populate_record(NULL::${sql.raw(table)}, o.ids) noted
  WHERE o.source = ${table} AND o.written_on >= ${since}::timestamptz AND o.ids IS NOT NULL OFFSET 0)`;

/** Whether so many rows of one of these tables have been deleted or moved since then that they were not listed. */
export async function areManyNoted(em: EntityManager, tables: readonly string[], since: string): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM sync_outbox WHERE source = ANY (${[...tables]}::text[]) AND written_on >= ${since}::timestamptz
      AND ids IS NULL LIMIT 1`.execute(em.getKysely());
  return rows.length > 0;
}

/** Whether triggers note what is deleted from the table. */
export async function areDeletionsNoted(em: EntityManager, table: string): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM (SELECT ${table}::text AS name) given JOIN pg_trigger ON tgrelid = ${sql.raw(realOid('given.name'))} AND tgname = 'sync_outbox_delete'
      AND tgenabled IN ('O', 'A')`.execute(em.getKysely());
  return rows.length > 0;
}
