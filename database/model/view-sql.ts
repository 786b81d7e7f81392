import { escapeIdentifier, escapeLiteral } from 'pg';
import { SOURCE_ENTITIES } from '../entities/index.ts';
import { entityTable } from '../table-names.ts';
import { EXTRA_COLUMNS, emsColumns, TYPE_NAMES } from './ems-columns.ts';
import {
  VIEW_SCHEMA,
  type DeletedWhen,
  type EmsModel,
  type EmsType,
  type EntityModel,
  type InsertedValue,
} from './ems-model.ts';

export const EMS_TYPES = Object.keys(SOURCE_ENTITIES) as EmsType[];

/** `sync_ems.person` */
export const viewName = (type: EmsType): string => `${VIEW_SCHEMA}.${entityTable(type)}`;

/** `"ems"."Person"` */
export const realTable = ({ schema, table }: Pick<EntityModel, 'schema' | 'table'>): string =>
  `${escapeIdentifier(schema)}.${escapeIdentifier(table)}`;

/**
 * The statements that make a view for each type. An entity that EMS does not have gets an empty one, so that no other
 * table of that name is read. PostgreSQL inlines the views, and writes through them: each column is a column of EMS's
 * table, and nothing but the condition of deletion chooses rows.
 */
export function createViews(model: EmsModel): string[] {
  return EMS_TYPES.flatMap((type) => {
    const entity = model[type];
    if (entity === undefined) return [emptyView(type)];
    return entity === null
      ? [emptyView(type), `COMMENT ON VIEW ${viewName(type)} IS ${escapeLiteral(NONE)}`]
      : viewStatements(type, entity);
  });
}

/** What tells the view of an entity that EMS is known to lack from that of one which the file does not name. */
export const NONE = 'ems-sync: EMS has none';

const emptyView = (type: EmsType) =>
  `CREATE VIEW ${viewName(type)} AS SELECT ${emsColumns(type)
    .map(({ column, kind }) => `NULL::${TYPE_NAMES[kind]} AS ${escapeIdentifier(column)}`)
    .join(', ')} WHERE false`;

function viewStatements(type: EmsType, entity: EntityModel): string[] {
  const view = viewName(type);
  const kinds = new Map([...emsColumns(type), ...EXTRA_COLUMNS].map(({ column, kind }) => [column, kind]));
  const columns = Object.entries(entity.columns).map(([column, emsColumn]) => {
    const read = emsColumn === null ? `NULL::${TYPE_NAMES[kinds.get(column) ?? 'text']}` : escapeIdentifier(emsColumn);
    return `${read} AS ${escapeIdentifier(column)}`;
  });
  const inserted = insertedColumns(entity);
  return [
    // Which transaction wrote a row: the listener compares it. A view may have a column of that name, a table may not.
    `CREATE VIEW ${view} AS SELECT ${[
      ...columns,
      'xmin AS xmin',
      ...inserted.flatMap(({ emsColumn, column, isOurs }) =>
        isOurs ? [] : [`${escapeIdentifier(emsColumn)} AS ${column}`],
      ),
    ].join(', ')} FROM ${realTable(entity)}${entity.deleted === null ? '' : ` WHERE ${isThere(entity.deleted)}`}`,
    ...inserted.map(
      ({ column, value }) => `ALTER VIEW ${view} ALTER COLUMN ${column} SET DEFAULT ${insertedSql(value)}`,
    ),
    ...(entity.idSequence === null
      ? []
      : [`ALTER VIEW ${view} ALTER COLUMN id SET DEFAULT nextval(${sequenceLiteral(entity.idSequence)}::regclass)`]),
  ];
}

/** SQL: the row is not deleted. A flag that was never set is not. */
export function isThere(deleted: DeletedWhen): string {
  const column = escapeIdentifier(deleted.column);
  return 'isSet' in deleted ? `${column} IS NULL` : `${column} IS DISTINCT FROM ${literal(deleted.equals)}`;
}

/** `'"ems"."person_seq"'` */
export function sequenceLiteral(qualified: string): string {
  return escapeLiteral(qualified.split('.').map(escapeIdentifier).join('.'));
}

export interface InsertedColumn {
  readonly emsColumn: string;
  /** Its name in the view. */
  readonly column: string;
  /** It is a column of ours as well, such as `created_on`. */
  readonly isOurs: boolean;
  readonly value: InsertedValue;
}

/** The columns of a view that get a value in a new row if we give none. No column of ours is named `inserted_…`. */
export function insertedColumns({ columns, onInsert }: EntityModel): InsertedColumn[] {
  const inOrder = Object.entries(onInsert).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return inOrder.map(([emsColumn, value], place) => {
    const ours = Object.entries(columns).find(([, name]) => name === emsColumn)?.[0];
    return { emsColumn, column: ours ?? `inserted_${place + 1}`, isOurs: ours !== undefined, value };
  });
}

function insertedSql(inserted: InsertedValue): string {
  if ('value' in inserted) return literal(inserted.value);
  return inserted.generate === 'uuid' ? 'gen_random_uuid()' : 'clock_timestamp()';
}

const literal = (value: string | number | boolean) =>
  typeof value === 'string' ? escapeLiteral(value) : String(value);
