import type { EmsRows } from '../database/entities/index.ts';
import type { FieldValue } from '../sync/canonical-form.ts';
import type { EntityType } from '../sync/entity-type.ts';
import type { FieldOwner } from '../sync/field-owner.ts';
import type { FieldKind, TwoWayKind } from './field-kinds.ts';
import type { NoSources, SourceRows, Sources } from './source-rows.ts';

/**
 * The fields of a target's record are declared once, one line each. Mapping, request body, reading back, comparison,
 * set-up, column names in refusals and inbound columns are derived from that line.
 *
 * @example
 * // targets/scoreboard/race-fields.ts: where the target stores a field, and a short name for each way to declare one
 * export interface Place { readonly name: string; readonly setup?: { readonly type: 'text' | 'number' } }
 *
 * const from = rowsOf('Race', { event: { type: 'Event', where: 's.id = e.event_id' } });
 *
 * export const raceFields = {
 *   title: from.ems({ name: 'title' }, from.column('name', needed(textUpTo(80)))),
 *   metres: from.ems({ name: 'metres', setup: { type: 'number' } }, from.column('distanceM', integerFrom(1))),
 *   startsAt: from.both({ name: 'startsAt' }, from.editable('startsOn', INSTANT)),
 *   event: from.ems({ name: 'event' }, from.computed({
 *     columns: ['event.name'],
 *     kind: 'name of the event',
 *     map: (_row, { event }) => text(['event.name', event[0]?.name], 80),
 *   })),
 * };
 *
 * export const race = defineMapping({ type: 'Race', rules: 1, filter: [], sources: from.sources, fields: raceFields });
 *
 * // The body:
 * const body = Object.fromEntries(Object.entries(raceFields).map(([field, { at }]) => [at.name, content[field]]));
 * // A refusal:
 * columnOf(raceFields, ({ name }) => name === 'metres') === 'distance_m'
 */
export interface Field<T extends EntityType, S extends AnySourceRows, P> extends Reading<T, S> {
  /**
   * Where the target stores it: the vendor's name, and how it is set up there. Must be plain JSON, because it is part
   * of the version.
   */
  readonly at: P;
  readonly owner: FieldOwner;
  /** Absent for a field that EMS owns. */
  readonly apply?: TwoWayReading<T, S>['apply'];
  /**
   * For a field owned by the remote: EMS may set it as well, and the remote's value is taken over only when the remote
   * changes it.
   */
  readonly whenChanged?: true;
}

export type AnySourceRows = { readonly [name: string]: SourceRows };

/** The fields of one type, by their names in content, base and conflicts. */
export type Fields<T extends EntityType, S extends AnySourceRows, P = unknown> = {
  readonly [name: string]: Field<T, S, P>;
};

/** A field without its row types, which only the mapping knows. */
export interface DeclaredField<P = unknown> {
  readonly at: P;
  readonly owner: FieldOwner;
  readonly columns: readonly string[];
  readonly kind: string;
}

export type DeclaredFields<P = unknown> = { readonly [name: string]: DeclaredField<P> };

/** The EMS side of a field: how it is read from the row. */
export interface Reading<T extends EntityType, S extends AnySourceRows> {
  /** The EMS columns it is computed from, as messages name them: `first_name`, `organisation.name`. */
  readonly columns: readonly string[];
  /** How it is computed. Part of the version: if the text changes, every pair is evaluated again. */
  readonly kind: string;
  /** Field functions (sync/fields.ts) throw `Unmappable` for a value that cannot be sent. */
  readonly map: (row: EmsRows[T], sources: Sources<S>) => FieldValue;
}

/** The EMS side of a field that is also read back. */
export interface TwoWayReading<T extends EntityType, S extends AnySourceRows> extends Reading<T, S> {
  /**
   * The EMS columns for this remote value; always the same columns. `row` is null for a row that will be created.
   * Values are in canonical form.
   */
  readonly apply: (value: FieldValue, row: EmsRows[T] | null) => RowChanges<T>;
}

export type RowChanges<T extends EntityType> = { readonly [Column in keyof EmsRows[T]]?: EmsRows[T][Column] };

/** Helpers to declare the fields of a type: {@link rowsOf}. */
export interface Rows<T extends EntityType, S extends AnySourceRows> {
  readonly sources: S;
  /** One column, one way. */
  column<K extends keyof EmsRows[T] & string>(property: K, kind: FieldKind<EmsRows[T][K]>): Reading<T, S>;
  /** One column, both ways. */
  editable<K extends keyof EmsRows[T] & string>(property: K, kind: TwoWayKind<EmsRows[T][K]>): TwoWayReading<T, S>;
  /** Several columns, or rows beside the entity's own; two-way if it has `apply`. */
  computed(reading: TwoWayReading<T, S>): TwoWayReading<T, S>;
  computed(reading: Reading<T, S>): Reading<T, S>;
  /** A field that EMS owns: if the remote changes it, EMS's value is sent again. */
  ems<P>(at: P, reading: Reading<T, S>): Field<T, S, P>;
  /** A field that both sides may change. */
  both<P>(at: P, reading: TwoWayReading<T, S>): Field<T, S, P>;
  /** A field that only the remote changes; never sent. */
  remote<P>(at: P, reading: TwoWayReading<T, S>): Field<T, S, P>;
}

/** @param sources rows read beside the entity's own; their change makes the entity due (architecture rule 13). */
export function rowsOf<T extends EntityType, const S extends AnySourceRows = NoSources>(
  _type: T,
  sources?: S,
): Rows<T, S> {
  const column = <K extends keyof EmsRows[T] & string>(property: K, { name, read }: FieldKind<EmsRows[T][K]>) => {
    const columnName = columnNamed(property);
    return { columns: [columnName], kind: name, map: (row: EmsRows[T]) => read([columnName, row[property]]) };
  };
  return {
    sources: sources ?? ({} as S),
    column,
    editable: (property, kind) => ({
      ...column(property, kind),
      apply: (value, row) => ({ [property]: kind.write(value, row?.[property]) }) as unknown as RowChanges<T>,
    }),
    computed: (reading: TwoWayReading<T, S>) => reading,
    ems: (at, { columns, kind, map }) => Object.freeze({ columns, kind, map, at, owner: 'ems' }),
    both: (at, reading) => Object.freeze({ ...reading, at, owner: 'both' }),
    remote: (at, reading) => Object.freeze({ ...reading, at, owner: 'remote' }),
  };
}

/** The fields whose place matches, in order, each with its name and declared place. */
export function fieldsAt<P, Q extends P>(
  fields: DeclaredFields<P>,
  isWanted: (at: P) => at is Q,
): (readonly [name: string, at: Q])[] {
  return Object.entries(fields).flatMap(([name, { at }]) => (isWanted(at) ? [[name, at] as const] : []));
}

/** The EMS columns of the first field whose place matches, as shown to operators; null if none matches. */
export function columnOf<P>(fields: DeclaredFields<P>, isWanted: (at: P, name: string) => boolean): string | null {
  const found = Object.entries(fields).find(([name, { at }]) => isWanted(at, name));
  return found === undefined ? null : found[1].columns.join(', ');
}

/** `firstName` → `first_name`, EMS's own spelling. */
export const columnNamed = (property: string) =>
  property.replaceAll(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
