import { sql } from 'kysely';
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { EntityType } from '../sync/entity-type.ts';
import { readStoredModel, realTables, type RealTable } from './model/stored-model.ts';
import { sequenceLiteral } from './model/view-sql.ts';
import type { EntityManager } from './orm.ts';
import { entityTable, recordTable } from './table-names.ts';

/** The source of an EMS table's ids, and the ids assigned so far. */
export interface EmsSequence {
  readonly table: string;
  /** Null: the table has no sequence, and none is named after it. */
  readonly sequence: string | null;
  /** The highest id in the table and in our records; 0: none. */
  readonly inTable: bigint;
  readonly inRecords: bigint;
  /** Null: this login cannot read it. */
  readonly state: { readonly last: bigint; readonly next: bigint } | null;
}

/** Margin for ids assigned after the backup that are in no record either. */
const ROOM = 1_000n;

/**
 * SQL: the sequence of a table's ids: named by the model, of an identity or serial column, of the column's default, or
 * named as JPA does.
 */
function sequenceOf(real: RealTable): string {
  const table = escapeLiteral(real.sql);
  const column = escapeLiteral(real.columns?.['id'] ?? 'id');
  const named = ['_seq', '_SEQ', '_id_seq'].map((end) => `to_regclass(${escapeLiteral(nameInSchema(real, end))})`);
  return `coalesce(
  ${real.model?.idSequence == null ? 'NULL' : `to_regclass(${sequenceLiteral(real.model.idSequence)})`},
  pg_get_serial_sequence(${table}, ${column})::regclass,
  (SELECT s.oid::regclass FROM pg_attrdef d
    JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attname = ${column}
    JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass
    JOIN pg_class s ON s.oid = p.refobjid AND s.relkind = 'S'
    WHERE d.adrelid = ${table}::regclass LIMIT 1),
  ${named.join(', ')}, to_regclass(${escapeLiteral(real.schema === null ? 'hibernate_sequence' : `${escapeIdentifier(real.schema)}.hibernate_sequence`)}))`;
}

const nameInSchema = ({ schema, name }: RealTable, end: string) =>
  (schema === null ? '' : `${escapeIdentifier(schema)}.`) + escapeIdentifier(name + end);

/** @param type one that EMS has. */
export async function readEmsSequence(em: EntityManager, type: EntityType): Promise<EmsSequence> {
  const kysely = em.getKysely();
  const real = realTables(await readStoredModel(em)).find((one) => one.type === type);
  if (real === undefined) throw new RangeError(`EMS has no ${type}`);
  const table = entityTable(type);
  const { rows } = await sql<{
    sequence: string | null;
    readable: boolean | null;
    increment: string | null;
    in_table: string;
    in_records: string;
  }>`
    SELECT found.sequence::text AS sequence, has_sequence_privilege(found.sequence, 'SELECT') AS readable,
      (SELECT seqincrement FROM pg_sequence WHERE seqrelid = found.sequence) AS increment,
      (SELECT coalesce(max(id), 0) FROM ${sql.raw(table)}) AS in_table,
      (SELECT coalesce(max(entity_key), 0) FROM ${sql.raw(recordTable(type))}) AS in_records
    FROM (SELECT ${sql.raw(sequenceOf(real))} AS sequence) found`.execute(kysely);
  const [row] = rows;
  if (row === undefined) throw new Error('a SELECT without a row');
  const known = {
    table,
    sequence: row.sequence,
    inTable: BigInt(row.in_table),
    inRecords: BigInt(row.in_records),
  };
  if (row.sequence === null || row.readable !== true) return { ...known, state: null };
  const { rows: states } = await sql<{ last: string; called: boolean }>`
    SELECT last_value AS last, is_called AS called FROM ${sql.raw(row.sequence)}`.execute(kysely);
  const last = BigInt(states[0]?.last ?? 0);
  const next = states[0]?.called === true ? last + BigInt(row.increment ?? 1) : last;
  return { ...known, state: { last, next } };
}

/**
 * Whether EMS will reuse ids: the table or our records contain higher ones. JPA may allocate ids in blocks, so a table
 * may be ahead by less than a block.
 */
export function isBehind({ inTable, inRecords, state }: EmsSequence): boolean {
  if (state === null) return false;
  return inTable >= state.next || inRecords >= state.next || (inRecords > inTable && inRecords > state.last);
}

/** The statement that advances the sequence past all known ids. */
export function setvalStatement({ sequence, inTable, inRecords }: EmsSequence): string {
  const highest = inTable > inRecords ? inTable : inRecords;
  return `SELECT setval('${sequence}', ${highest + ROOM});`;
}
