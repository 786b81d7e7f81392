import type { ClientBase } from 'pg';
import { emsColumns, EXTRA_COLUMNS, PG_TYPES, TYPE_NAMES } from './ems-columns.ts';
import type { EmsType, EntityModel } from './ems-model.ts';
import type { ModelFile } from './read-model.ts';
import { EMS_TYPES, realTable } from './view-sql.ts';

interface RealColumn {
  readonly name: string;
  readonly type: string;
  readonly formatted: string;
  readonly not_null: boolean;
  readonly has_default: boolean;
  /** One row at most has a value. */
  readonly is_unique: boolean;
}

export interface Inspected {
  /** What keeps the model from being used. */
  readonly problems: readonly string[];
  /** What works less well than it could. */
  readonly notes: readonly string[];
}

/** Compares a model with the tables that it names. */
export async function inspectModel(client: ClientBase, { model, place }: ModelFile): Promise<Inspected> {
  const problems: string[] = [];
  const notes: string[] = [];
  for (const type of EMS_TYPES) {
    const entity = model[type];
    if (entity === undefined || entity === null) continue;
    const reason = await whyNoTable(client, entity);
    if (reason !== null) {
      problems.push(`${place(type)}: ${reason}`);
      continue;
    }
    const columns = await columnsOf(client, entity);
    problems.push(...columnProblems(type, entity, { columns, place }));
    notes.push(...insertNotes(type, entity, { columns, place }));
  }
  return { problems, notes };
}

async function whyNoTable(client: ClientBase, entity: EntityModel): Promise<string | null> {
  const { rows } = await client.query<{ kind: string; readable: boolean }>(
    `SELECT c.relkind AS kind, has_table_privilege(c.oid, 'SELECT') AS readable
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2`,
    [entity.schema, entity.table],
  );
  const name = `${entity.schema}.${entity.table}`;
  const [found] = rows;
  if (found === undefined) {
    const { rows: like } = await client.query<{ name: string }>(
      `SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE lower(c.relname) = lower($1) AND c.relkind IN ('r', 'p') ORDER BY 1 LIMIT 1`,
      [entity.table],
    );
    const hint = like[0] === undefined ? '' : `; there is ${like[0].name}`;
    return `there is no table ${name} in this database${hint}`;
  }
  if (found.kind !== 'r' && found.kind !== 'p')
    return `${name} is not a table, so it cannot be written through: name the table behind it`;
  if (!found.readable) return `this login may not read ${name}: run this as EMS's owner, or GRANT SELECT to it`;
  return null;
}

async function columnsOf(client: ClientBase, entity: EntityModel): Promise<ReadonlyMap<string, RealColumn>> {
  const { rows } = await client.query<RealColumn>(
    `SELECT a.attname AS name, t.typname AS type, format_type(a.atttypid, a.atttypmod) AS formatted,
       a.attnotnull AS not_null, (a.atthasdef OR a.attidentity <> '') AS has_default,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indnkeyatts = 1
         AND i.indkey[0] = a.attnum AND i.indpred IS NULL) AS is_unique
     FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [realTable(entity)],
  );
  return new Map(rows.map((row) => [row.name, row]));
}

interface Found {
  readonly columns: ReadonlyMap<string, RealColumn>;
  readonly place: ModelFile['place'];
}

function columnProblems(type: EmsType, entity: EntityModel, { columns, place }: Found): string[] {
  const table = `${entity.schema}.${entity.table}`;
  const lacks = (name: string) => `${table} has no column ${name}. It has: ${[...columns.keys()].join(', ')}`;
  const problems: string[] = [];
  const kinds = new Map([...emsColumns(type), ...EXTRA_COLUMNS].map((one) => [one.column, one]));
  for (const [column, emsColumn] of Object.entries(entity.columns)) {
    const wanted = kinds.get(column);
    if (emsColumn === null || wanted === undefined) continue;
    const found = columns.get(emsColumn);
    if (found === undefined) {
      const remedy = wanted.isRequired ? 'give its name' : `give its name, or ${column}: null if EMS has none`;
      problems.push(`${place(type, column)}: ${lacks(emsColumn)}; ${remedy}`);
    } else if (!PG_TYPES[wanted.kind].includes(found.type)) {
      problems.push(
        `${place(type, column)}: ${table}.${emsColumn} is ${found.formatted}, and must be ${TYPE_NAMES[wanted.kind]}; name another column, or ${wanted.isRequired ? 'change it in EMS' : `${column}: null`}`,
      );
    }
  }
  const id = columns.get(entity.columns['id'] ?? '');
  if (id !== undefined && !id.is_unique)
    problems.push(`${place(type, 'id')}: ${table}.${id.name} has no unique index of its own, so it is no key of a row`);
  if (entity.deleted !== null && !columns.has(entity.deleted.column))
    problems.push(`${place(type)}.deleted: ${lacks(entity.deleted.column)}`);
  for (const emsColumn of Object.keys(entity.onInsert))
    if (!columns.has(emsColumn)) problems.push(`${place(type)}.onInsert: ${lacks(emsColumn)}`);
  return problems;
}

/** What a target adds cannot become a row of EMS while a column has no value. */
function insertNotes(type: EmsType, entity: EntityModel, { columns, place }: Found): string[] {
  const table = `${entity.schema}.${entity.table}`;
  const { created_on: _, ...columnsWritten } = entity.columns;
  const written = new Set([...Object.values(columnsWritten), ...Object.keys(entity.onInsert)]);
  const notes: string[] = [];
  for (const { name, not_null, has_default } of columns.values()) {
    if (name === 'version' && !written.has(name))
      notes.push(`${place(type)}: ${table}.version is not in the model: if it is JPA's @Version, add version: version`);
    else if (not_null && !has_default && !written.has(name))
      notes.push(
        `${place(type)}: no target can add rows: ${table}.${name} must have a value and has no default; add it to onInsert`,
      );
  }
  const id = columns.get(entity.columns['id'] ?? '');
  if (id !== undefined && !id.has_default && entity.idSequence === null)
    notes.push(
      `${place(type)}: no target can add rows: ${table}.${id.name} has no default; name its sequence in idSequence`,
    );
  return notes;
}
