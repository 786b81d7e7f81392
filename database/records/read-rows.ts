import { JsonType, type EntitySchema } from '@mikro-orm/core';
import { sql, type RawBuilder } from 'kysely';
import type { EntityManager } from '../orm.ts';

/** A column of a table, as rows are read. */
export interface ReadColumn {
  readonly property: string;
  readonly column: string;
  /** From the driver's value; null: it stays as it is. */
  readonly convert: ((value: unknown) => unknown) | null;
}

/**
 * Reads rows as plain objects, with each property as its entity declares it. MikroORM's own `find` makes an entity of each row,
 * registers it, and compares it once more at commit: in a page of hundreds of rows that is most of the worker's time.
 *
 * @param request.select what stands for a column. Default: the column.
 * @param request.more further columns, under names that are no property.
 */
export async function readRows<Row extends object>(
  em: EntityManager,
  entity: EntitySchema,
  {
    where,
    select = ({ column }) => sql.id(column),
    more = [],
  }: {
    readonly where: RawBuilder<unknown>;
    readonly select?: (column: ReadColumn) => RawBuilder<unknown>;
    readonly more?: readonly RawBuilder<unknown>[];
  },
): Promise<Row[]> {
  const columns = readColumns(em, entity);
  const read = columns.map((column) => sql`${select(column)} AS ${sql.id(column.property)}`);
  const table = sql.id(entity.meta.tableName);
  const { rows } = await sql<Record<string, unknown>>`
    SELECT ${sql.join([...read, ...more])} FROM ${table} WHERE ${where}`.execute(em.getKysely());
  for (const { property, convert } of columns) {
    if (convert === null) continue;
    for (const row of rows) row[property] = convert(row[property]);
  }
  return rows as Row[];
}

/** Once for each entity, because a page asks for it many times. */
const COLUMNS = new WeakMap<EntitySchema, readonly ReadColumn[]>();

function readColumns(em: EntityManager, entity: EntitySchema): readonly ReadColumn[] {
  const known = COLUMNS.get(entity);
  if (known !== undefined) return known;
  const platform = em.getPlatform();
  const { properties } = em.getMetadata(entity);
  const columns = Object.values(properties).map(({ name, fieldNames: [column = name], customType }) => ({
    property: name,
    column,
    // The driver has parsed JSON.
    convert:
      customType == null || customType instanceof JsonType
        ? null
        : (value: unknown) => customType.convertToJSValue(value, platform),
  }));
  COLUMNS.set(entity, columns);
  return columns;
}
