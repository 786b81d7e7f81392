import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { Stamp } from '../../sync/instant.ts';
import { columnValues } from '../column-names.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable } from '../table-names.ts';

type Changes = Readonly<Record<string, unknown>>;

/**
 * Writes an inbound change into an EMS row that has not changed since it was read. `modified_on` only moves forward; a
 * JPA `version` is incremented, too, so that EMS notices.
 *
 * @param readAt the `modified_on` that was read.
 * @returns the new `modified_on`; null: EMS was faster, and nothing was written.
 */
export async function updateEmsRow(
  em: EntityManager,
  type: EntityType,
  key: EntityKey,
  { readAt, changes }: { readonly readAt: Stamp; readonly changes: Changes },
): Promise<Stamp | null> {
  const assignments = columnValues(type, changes).map(({ column, value }) => sql`${sql.id(column)} = ${value}`);
  if (await hasVersion(em, type)) assignments.push(sql`version = coalesce(version, 0) + 1`);
  const { rows } = await sql<{ modified_on: string }>`
    UPDATE ${sql.raw(entityTable(type))} SET ${sql.join([
      ...assignments,
      sql`modified_on = greatest(clock_timestamp(), modified_on + interval '1 microsecond')`,
    ])}
    WHERE id = ${key}::bigint AND modified_on = ${readAt}::timestamptz
    RETURNING modified_on`.execute(em.getKysely());
  return rows[0]?.modified_on ?? null;
}

/** Creates an EMS row from a remote record; its id comes from EMS's own sequence. */
export async function insertEmsRow(
  em: EntityManager,
  type: EntityType | 'ConversationMessage',
  values: Changes,
): Promise<{ readonly key: EntityKey; readonly modifiedOn: Stamp }> {
  const columns = columnValues(type, values);
  if (await hasVersion(em, type)) columns.push({ column: 'version', value: 0 });
  const { rows } = await sql<{ id: string; modified_on: string }>`
    INSERT INTO ${sql.raw(entityTable(type))} (modified_on${sql.join(
      columns.map(({ column }) => sql`, ${sql.id(column)}`),
      sql``,
    )})
    VALUES (clock_timestamp()${sql.join(
      columns.map(({ value }) => sql`, ${value}`),
      sql``,
    )})
    RETURNING id, modified_on`.execute(em.getKysely());
  const [row] = rows;
  if (row === undefined) throw new Error('an INSERT that returns no row');
  return { key: row.id, modifiedOn: row.modified_on };
}

/** Whether the table has a JPA `@Version` column. Any release of EMS may add one. */
async function hasVersion(em: EntityManager, type: EntityType | 'ConversationMessage'): Promise<boolean> {
  const { rows } = await sql<{ present: boolean }>`
    SELECT EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = ${entityTable(type)}::regclass AND attname = 'version' AND NOT attisdropped) AS present`.execute(
    em.getKysely(),
  );
  return rows[0]?.present === true;
}
