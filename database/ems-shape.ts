import { sql } from 'kysely';
import { columnName } from './column-names.ts';
import { SOURCE_ENTITIES, type SourceRowTypes } from './entities/index.ts';
import type { EntityManager } from './orm.ts';
import { entityTable } from './table-names.ts';

/** A missing column that we read from EMS; without a column, the whole table is missing. */
export interface MissingColumn {
  readonly type: keyof SourceRowTypes;
  readonly table: string;
  readonly column: string | null;
}

/** `person.nationality`, or `person` if the whole table is missing. */
export const formatMissing = ({ table, column }: MissingColumn): string =>
  column === null ? table : `${table}.${column}`;

/**
 * The columns of these types that we read and EMS's tables lack: renamed, dropped, or never created. A missing column
 * is not empty: its values would be cleared at every target.
 */
export async function findMissingColumns(
  em: EntityManager,
  types: readonly (keyof SourceRowTypes)[],
): Promise<MissingColumn[]> {
  const wanted = [...new Set(types)].flatMap((type) => columnsOf(type).map((column) => ({ type, column })));
  const values = JSON.stringify(
    wanted.map(({ type, column }, place) => ({ type, table: entityTable(type), column, place })),
  );
  const { rows } = await sql<MissingColumn>`
    SELECT w.type, w."table", CASE WHEN to_regclass(w."table") IS NOT NULL THEN w."column" END AS "column"
    FROM jsonb_to_recordset(${values}::jsonb) AS w(type text, "table" text, "column" text, place integer)
    WHERE NOT EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass(w."table") AND attname = w."column" AND attnum > 0 AND NOT attisdropped)
    GROUP BY 1, 2, 3 ORDER BY min(w.place)`.execute(em.getKysely());
  return rows;
}

const columnsOf = (type: keyof SourceRowTypes): string[] =>
  Object.keys(SOURCE_ENTITIES[type].meta.properties).map(columnName);
