import { ENTITY_TYPES } from '../../sync/entity-type.ts';
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

const named = () =>
  modifiedOnIndexes()
    .map(({ table, name }) => `('${table}', '${name}')`)
    .join(', ');

/** SQL: those for which their table has no usable index that begins with `modified_on`. */
export const MISSING_INDEXES = `SELECT wanted.table, wanted.name FROM (VALUES ${named()}) AS wanted("table", name)
  WHERE to_regclass(wanted.table) IS NOT NULL AND NOT EXISTS (
    SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = to_regclass(wanted.table) AND i.indisvalid AND i.indpred IS NULL AND a.attname = 'modified_on')`;
