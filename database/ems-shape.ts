import { sql } from 'kysely';
import type { SourceRowTypes } from './entities/index.ts';
import { emsColumns, PG_TYPES, TYPE_NAMES, type ColumnKind } from './model/ems-columns.ts';
import { VIEW_SCHEMA } from './model/ems-model.ts';
import { isModelled } from './model/stored-model.ts';
import type { EntityManager } from './orm.ts';
import { entityTable } from './table-names.ts';

/** A column that we cannot read from EMS: missing or of another type. Without a column, the whole table is missing. */
export interface MissingColumn {
  readonly type: keyof SourceRowTypes;
  readonly table: string;
  readonly column: string | null;
  /** The type that it has in EMS. Null: there is no such column. */
  readonly found: string | null;
  readonly kind: ColumnKind;
}

/** `person.nationality`, `person.id (uuid, must be bigint)`, or `person` if the whole table is missing. */
export function formatMissing({ table, column, found, kind }: MissingColumn): string {
  if (column === null) return table;
  return `${table}.${column}${found === null ? '' : ` (${found}, must be ${TYPE_NAMES[kind]})`}`;
}

/**
 * SQL: the table or view of a name. With a model, nothing but its own views and the copies of a dry run: a table of EMS's
 * that happens to have the name is another one.
 */
const RELATION = `(SELECT c.oid FROM pg_class c WHERE c.oid = to_regclass(name)
  AND (to_regnamespace('${VIEW_SCHEMA}') IS NULL OR c.relnamespace = pg_my_temp_schema()
    OR (c.relnamespace = to_regnamespace('${VIEW_SCHEMA}') AND ${isModelled('c.oid')})))`;

/**
 * The columns of these types that we read and EMS's tables lack, or have with another type: renamed, dropped, changed, or
 * never created. A missing column is not empty: its values would be cleared at every target.
 */
export async function findMissingColumns(
  em: EntityManager,
  types: readonly (keyof SourceRowTypes)[],
): Promise<MissingColumn[]> {
  const wanted = [...new Set(types)].flatMap((type) => emsColumns(type).map((column) => ({ type, ...column })));
  const values = JSON.stringify(
    wanted.map(({ type, column, kind }, place) => ({
      type,
      table: entityTable(type),
      column,
      kind,
      types: PG_TYPES[kind],
      place,
    })),
  );
  // OFFSET 0: each column is looked up by an index. PostgreSQL would read the columns of every table that EMS has.
  const { rows } = await sql<MissingColumn>`
    WITH wanted AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(${values}::jsonb)
        AS w(type text, "table" text, "column" text, kind text, types text[], place integer)),
    found AS MATERIALIZED (
      SELECT name, ${sql.raw(RELATION)} AS relation FROM (SELECT DISTINCT "table" AS name FROM wanted) tables)
    SELECT w.type, w."table", CASE WHEN found.relation IS NOT NULL THEN w."column" END AS "column",
      (SELECT format_type(atttypid, atttypmod) FROM pg_attribute
        WHERE attrelid = found.relation AND attname = w."column" AND NOT attisdropped) AS found,
      (array_agg(w.kind))[1] AS kind
    FROM wanted w JOIN found ON found.name = w."table"
    WHERE NOT EXISTS (SELECT FROM pg_attribute
      JOIN pg_type t ON t.oid = atttypid LEFT JOIN pg_type base ON base.oid = t.typbasetype
      WHERE attrelid = found.relation AND attname = w."column" AND attnum > 0 AND NOT attisdropped
        AND coalesce(base.typname, t.typname) = ANY (w.types) OFFSET 0)
    GROUP BY 1, 2, 3, 4 ORDER BY min(w.place)`.execute(em.getKysely());
  return rows;
}
