import { BigIntType, BooleanType, IntegerType, TextType, type EntityProperty } from '@mikro-orm/core';
import { columnName } from '../column-names.ts';
import { InstantType, PlainDateType, StampType } from '../entities/ems-base.ts';
import { SOURCE_ENTITIES } from '../entities/index.ts';
import type { EmsType } from './ems-model.ts';

/** A column that we read. */
export interface EmsColumn {
  readonly column: string;
  readonly kind: ColumnKind;
  /** The id, the time of the change, and references to parents: EMS must have them. */
  readonly isRequired: boolean;
}

export type ColumnKind = 'key' | 'time' | 'date' | 'text' | 'integer' | 'boolean';

/** PostgreSQL's types by kind, by their names in `pg_type`. The first is the one that we ask for. */
export const PG_TYPES: Readonly<Record<ColumnKind, readonly [string, ...string[]]>> = {
  key: ['int8', 'int4', 'int2'],
  time: ['timestamptz'],
  date: ['date'],
  text: ['text', 'varchar', 'citext', 'bpchar'],
  integer: ['int4', 'int2'],
  boolean: ['bool'],
};

/** How PostgreSQL's users write the types of {@link PG_TYPES}. */
export const TYPE_NAMES: Readonly<Record<ColumnKind, string>> = {
  key: 'bigint',
  time: 'timestamptz',
  date: 'date',
  text: 'text',
  integer: 'integer',
  boolean: 'boolean',
};

/** The columns of a type that we read, in the order of their declaration. */
export function emsColumns(type: EmsType): EmsColumn[] {
  return Object.entries(SOURCE_ENTITIES[type].meta.properties as Readonly<Record<string, EntityProperty>>).map(
    ([name, property]) => ({
      column: columnName(name),
      kind: kindOf(property.type),
      isRequired: property.nullable !== true,
    }),
  );
}

/** Columns that EMS may have beside those: a JPA `@Version`, and when the row was made. */
export const EXTRA_COLUMNS: readonly EmsColumn[] = [
  { column: 'version', kind: 'key', isRequired: false },
  { column: 'created_on', kind: 'time', isRequired: false },
];

const KINDS: readonly (readonly [object, ColumnKind])[] = [
  [StampType, 'time'],
  [InstantType, 'time'],
  [PlainDateType, 'date'],
  [TextType, 'text'],
  [IntegerType, 'integer'],
  [BooleanType, 'boolean'],
];

function kindOf(type: unknown): ColumnKind {
  if (type instanceof BigIntType) return 'key';
  const found = KINDS.find(([one]) => one === type);
  if (found === undefined) throw new TypeError(`no kind of column is known for ${String(type)}`);
  return found[1];
}
