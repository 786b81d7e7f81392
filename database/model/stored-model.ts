import { escapeIdentifier } from 'pg';
import type { EntityManager } from '../orm.ts';
import { VIEW_SCHEMA, type EmsModel, type EmsType } from './ems-model.ts';
import { entityTable } from '../table-names.ts';
import { EMS_TYPES, NONE, realTable } from './view-sql.ts';

/** SQL: the model that the views were made of, as `migrate` left it with their schema. Null: there are no views. */
export const STORED_MODEL = `SELECT obj_description(to_regnamespace('${VIEW_SCHEMA}'), 'pg_namespace') AS model`;

const NOTE = 'ems-sync: ';

/** @param model the same text for the same model. */
export const describeModel = (model: EmsModel): string => NOTE + JSON.stringify(sorted(model));

export function parseStored(text: string | null | undefined): EmsModel | null {
  return text?.startsWith(NOTE) === true ? (JSON.parse(text.slice(NOTE.length)) as EmsModel) : null;
}

/** The model of the views in this database; null: it has none. */
export async function readStoredModel(em: Pick<EntityManager, 'execute'>): Promise<EmsModel | null> {
  const [row] = await em.execute<[{ model: string | null }]>(STORED_MODEL);
  return parseStored(row.model);
}

const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .toSorted(([one], [other]) => (one < other ? -1 : 1))
          .map(([key, inner]) => [key, sorted(inner)]),
      )
    : value;

/** One of EMS's tables, under its own names. */
export interface RealTable {
  readonly type: EmsType;
  /** Our name of it: `person`. */
  readonly table: string;
  /** As SQL text: `person`, or `"ems"."Person"`. */
  readonly sql: string;
  /** Null: the search path's. */
  readonly schema: string | null;
  readonly name: string;
  /** Our column → EMS's; null: EMS has none. */
  readonly columns: Readonly<Record<string, string | null>> | null;
  readonly model: EmsModel[EmsType] | null;
}

/** The tables that EMS has. */
export function realTables(model: EmsModel | null): RealTable[] {
  return EMS_TYPES.flatMap((type): RealTable[] => {
    const table = entityTable(type);
    if (model === null) return [{ type, table, sql: table, schema: null, name: table, columns: null, model: null }];
    const entity = model[type];
    if (entity === undefined || entity === null) return [];
    const { schema, columns } = entity;
    return [{ type, table, sql: realTable(entity), schema, name: entity.table, columns, model: entity }];
  });
}

/** SQL: EMS's own column of a name of ours. */
export function realColumn({ columns }: RealTable, column: string): string {
  return columns === null ? column : escapeIdentifier(columns[column] ?? column);
}

const TABLES_READ = `FROM pg_rewrite r
  JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass`;

/**
 * SQL: the oid of the table that a name of ours stands for: the one that a view reads, or the one of that name.
 *
 * @param name SQL text of an expression.
 */
export const realOid = (name: string): string => `coalesce((SELECT d.refobjid ${TABLES_READ}
  WHERE r.ev_class = to_regclass(${name}) AND d.refobjid <> r.ev_class LIMIT 1), to_regclass(${name}))`;

/** SQL: whether a view reads a table, or stands for an entity that EMS is known to lack. */
export const isModelled = (oid: string): string =>
  `(EXISTS (SELECT ${TABLES_READ} WHERE r.ev_class = ${oid} AND d.refobjid <> r.ev_class)
    OR obj_description(${oid}, 'pg_class') = '${NONE}')`;

/** SQL: whether EMS marks the rows of a type as deleted, instead of deleting them. */
export const marksDeleted = (type: EmsType): string =>
  `coalesce((substr(obj_description(to_regnamespace('${VIEW_SCHEMA}'), 'pg_namespace'), ${NOTE.length + 1})::jsonb
    #>> '{${type},deleted}') IS NOT NULL, false)`;
