import { escapeIdentifier } from 'pg';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import type { EmsModel } from '../model/ems-model.ts';
import { realTables } from '../model/stored-model.ts';
import { entityTable } from '../table-names.ts';

/** An index of one of EMS's tables that everyday sweeps read by. */
export interface ModifiedOnIndex {
  readonly table: string;
  readonly name: string;
}

/** One for each table of EMS that a mapping can read. */
export const modifiedOnIndexes = (): readonly ModifiedOnIndex[] =>
  [...ENTITY_TYPES.map(entityTable), 'conversation_message'].map((table) => ({
    table,
    name: `${table}_modified_on`,
  }));

/** As {@link findMissingIndexes} finds it: under EMS's own names. */
export interface MissingIndex extends ModifiedOnIndex {
  /** As SQL text. */
  readonly tableSql: string;
  readonly indexSql: string;
  readonly column: string;
}

type Query = <T>(statement: string, parameters: unknown[]) => Promise<readonly T[]>;

/** Those for which their table has no usable index that begins with `modified_on`. */
export async function findMissingIndexes(model: EmsModel | null, query: Query): Promise<MissingIndex[]> {
  const wanted = realTables(model).map((real) => ({
    ...real,
    column: real.columns?.['modified_on'] ?? 'modified_on',
    oid: real.sql,
  }));
  const rows = await query<{ place: string }>(MISSING, [
    wanted.map(({ oid }) => oid),
    wanted.map(({ column }) => column),
  ]);
  return rows.flatMap(({ place }) => {
    const real = wanted[Number(place) - 1];
    if (real === undefined) return [];
    const name = `${real.table}_modified_on`;
    const indexSql = real.schema === null ? name : `${escapeIdentifier(real.schema)}.${name}`;
    return [{ table: real.table, name, tableSql: real.sql, indexSql, column: escapeIdentifier(real.column) }];
  });
}

const MISSING = `SELECT wanted.place FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted("table", "column", place)
  WHERE to_regclass(wanted.table) IS NOT NULL AND NOT EXISTS (
    SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = to_regclass(wanted.table) AND i.indisvalid AND i.indpred IS NULL AND a.attname = wanted.column)
  ORDER BY wanted.place`;
