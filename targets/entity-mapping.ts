import type { AffectingRows } from '../database/detection/detection.ts';
import type { EmsRows } from '../database/entities/index.ts';
import type { Addresses } from '../sync/address-hash.ts';
import type { FieldValue } from '../sync/canonical-form.ts';
import type { Content } from '../sync/content-hash.ts';
import type { EntityKey, EntityRef, EntityType } from '../sync/entity-type.ts';
import type { FieldOwner } from '../sync/field-owner.ts';
import { Unmappable } from '../sync/fields.ts';
import type { Channel } from '../sync/suppression.ts';
import type { DeclaredFields, Fields } from './field-declaration.ts';
import { filterSql, type FilterCondition } from './filter-condition.ts';
import type { InboundMapping } from './inbound-mapping.ts';
import { mappingVersion, type MappingVersion } from './mapping-version.ts';
import type { AnySources, NoSources, SourceRows, Sources } from './source-rows.ts';

/** A value that is unique at the target, or by which rows are matched. */
export interface UniqueValue<T extends EntityType> {
  /** Identifies the notation in the mapping's version: if it changes, every pair is evaluated again. */
  readonly kind: string;
  /** The value in the canonical form in which it is sent (rule 20); null if there is none. Never throws. */
  readonly read: (row: EmsRows[T]) => string | null;
  /**
   * SQL over the row `e`: only rows with an equal value are compared, for example `e.race_id`. Left out: all rows of
   * the type.
   */
  readonly within?: string;
}

/**
 * Which rows of one type share a remote record (families share an e-mail address). One owns it, the others are SHARED.
 * The owner keeps it until it leaves; then the first by `order` takes over.
 */
export interface Sharing {
  /** The name of one of the mapping's `uniqueValues`: rows with the same value share. */
  readonly by: string;
  /** SQL expressions over one row `s`, for example `s.date_of_birth NULLS LAST`; ties are broken by id. */
  readonly order: string;
}

/** Declares rows that a person's consent applies to. */
export interface Consent<T extends EntityType, S extends { readonly [name: string]: SourceRows }> {
  /** The channels on which the target sends marketing. Refusals elsewhere on other channels do not apply to it. */
  readonly channels: readonly Channel[];
  /** The person's addresses: the keys of the suppression list, and of the locks that serialise writes. */
  readonly addresses: (row: EmsRows[T]) => Addresses;
  /** Channels that EMS opts out of: sent before everything else, even if the row is parked. */
  readonly optOuts: (row: EmsRows[T], sources: Sources<S>) => readonly Channel[];
  /** What a refused channel means for the rest: `withhold`: send nothing; `send`: send everything but consent. */
  readonly whenRefused: 'withhold' | 'send';
}

/** Rows that are children of another type's: the parent's workflow delivers both and writes a record for each. */
export interface ChildOf<T extends EntityType> {
  readonly type: EntityType;
  readonly key: (row: EmsRows[T]) => EntityKey;
  /** SQL: the parent's key in a row `e` of this type, for example `e.person_id`. */
  readonly sql: string;
  /** The suffix of this row's remote id, after the parent's and a slash, for example `EMAIL/NEWSLETTER`. */
  readonly suffix: (row: EmsRows[T]) => string;
  /** The row's channel; null: none. If it is refused, the row's record becomes SUPPRESSED. */
  readonly channel: (row: EmsRows[T]) => Channel | null;
  /** False: the row asks for nothing that a refused channel could block. */
  readonly wants: (row: EmsRows[T]) => boolean;
}

/** Common to one-way and two-way mappings. */
export interface MappingBase<T extends EntityType, S extends { readonly [name: string]: SourceRows }> {
  readonly type: T;
  /** Raised when a function of the mapping gives another result for the same row; see {@link mappingVersion}. */
  readonly rules?: number;
  /** Which rows belong on the target: those that meet every condition. Empty: all rows. */
  readonly filter: readonly FilterCondition[];
  /** A change, insertion or removal of these rows makes the entity due (architecture rule 13). */
  readonly sources?: S;
  /**
   * Whose changes concern rows of this type, besides the row's own and its record's: every table that `filter` and
   * `sources` read. Left out: none if these read no table, else unknown, and every sweep compares the type in full.
   */
  readonly affectedBy?: readonly AffectingRows[];
  /** Rows that must be at the target before this one. Those without a key (null) are left out. */
  readonly references?: (row: EmsRows[T]) => readonly (readonly [EntityType, EntityKey | null | undefined])[];
  /** Rows whose remote ids the target also needs, without waiting for them. */
  readonly mentions?: (row: EmsRows[T], sources: Sources<S>) => readonly (readonly [EntityType, EntityKey])[];
  /** The types that `references` may name: the arrival of such a row makes rows that wait for it due. */
  readonly referencedTypes?: readonly EntityType[];
  /**
   * By name: the values that decide which rows share a record, and which row has a value that is unique at the target.
   */
  readonly uniqueValues?: Readonly<Record<string, UniqueValue<T>>>;
  /** Left out: no two rows share a remote record. */
  readonly sharing?: Sharing;
  /** Left out: consent does not apply. */
  readonly consent?: Consent<T, S>;
  /** Left out: rows of this type have their own workflows. */
  readonly childOf?: ChildOf<T>;
  /** SQL condition on a due row `e`: such rows go before all others (opt-outs). */
  readonly urgent?: string;
}

export interface EntityMappingDeclaration<
  T extends EntityType,
  S extends { readonly [name: string]: SourceRows },
> extends MappingBase<T, S> {
  /** The target's fields, one line each. */
  readonly fields: Fields<T, S>;
}

export type AnyConsent = Consent<EntityType, NoSources>;
export type AnyChildOf = ChildOf<EntityType>;
export type AnyUniqueValues = Readonly<Record<string, UniqueValue<EntityType>>>;

export type Mapped =
  | { readonly kind: 'mapped'; readonly content: Content }
  | { readonly kind: 'parked'; readonly field: string; readonly reason: string; readonly code: string };

/** How one entity type maps to the target, with the row types hidden: the engine's view. */
export interface EntityMapping {
  readonly type: EntityType;
  /** If it changes, every pair of this type is evaluated again; equal content is not sent again. */
  readonly version: MappingVersion;
  /** The declaration of each field. */
  readonly fields: DeclaredFields;
  /** SQL condition on the EMS row `e`: all of `conditions`. */
  readonly filter: string;
  readonly conditions: readonly FilterCondition[];
  readonly sources: { readonly [name: string]: SourceRows };
  /** Null: unknown. */
  readonly affectedBy: readonly AffectingRows[] | null;
  readonly referencedTypes: readonly EntityType[];
  readonly uniqueValues: AnyUniqueValues;
  readonly sharing: Sharing | null;
  readonly consent: AnyConsent | null;
  readonly childOf: AnyChildOf | null;
  readonly urgent: string | null;
  /** The owner of each field; a field that is not listed is EMS's. Fields owned by the remote are never sent. */
  readonly owners: Readonly<Record<string, FieldOwner>>;
  /** Null: this type is never read back. */
  readonly inbound: InboundMapping | null;
  references(row: EmsRows[EntityType]): EntityRef[];
  mentions(row: EmsRows[EntityType], sources: AnySources): EntityRef[];
  /** Maps every field that is sent. */
  map(row: EmsRows[EntityType], sources: AnySources): Mapped;
  /** Like `map`, for a row that cannot be sent: fields that cannot be mapped are left out. */
  sendable(row: EmsRows[EntityType], sources: AnySources): Content;
}

/**
 * Declares how rows of one type become a target's records, one way.
 *
 * @example
 * const from = rowsOf('Person', { club: { type: 'Organisation', where: 's.id = e.organisation_id' } });
 * defineMapping({
 *   type: 'Person',
 *   rules: 1,
 *   filter: [{ name: 'email', sql: 'e.email IS NOT NULL', means: 'has an e-mail address', change: 'enter one' }],
 *   sources: from.sources,
 *   fields: { name: from.ems({ name: 'name' }, from.column('lastName', needed(TEXT))) },
 * });
 */
export function defineMapping<
  T extends EntityType,
  const S extends { readonly [name: string]: SourceRows } = NoSources,
>(declaration: EntityMappingDeclaration<T, S>): EntityMapping {
  const { fields } = declaration;
  return Object.freeze({
    ...commonMapping(declaration, fields),
    owners: {},
    inbound: null,
    map: (row: EmsRows[EntityType], sources: AnySources): Mapped =>
      mapped(() => contentOf(fields, row as EmsRows[T], sources as Sources<S>)),
    sendable: (row: EmsRows[EntityType], sources: AnySources): Content =>
      Object.fromEntries(
        Object.entries(fields).flatMap(([name, { map }]) =>
          mappable(name, () => map(row as EmsRows[T], sources as Sources<S>)),
        ),
      ),
  });
}

function contentOf<T extends EntityType, S extends { readonly [name: string]: SourceRows }>(
  fields: Fields<T, S>,
  row: EmsRows[T],
  sources: Sources<S>,
): Content {
  return Object.fromEntries(Object.entries(fields).map(([name, { map }]) => [name, map(row, sources)]));
}

/** The part of a mapping that is the same for both kinds. */
export function commonMapping<T extends EntityType, S extends { readonly [name: string]: SourceRows }>(
  declaration: MappingBase<T, S>,
  fields: DeclaredFields,
) {
  const { affectedBy, ...declared } = declaration;
  const { rules = 1 } = declared;
  const filter = filterSql(declaration.filter);
  const readsTables =
    /\bFROM\b/i.test(filter) || Object.values(declaration.sources ?? {}).some((rows) => 'where' in rows);
  return {
    type: declaration.type,
    // What says how rows are found, or explains a condition, changes no result.
    version: mappingVersion(rules, { ...declared, filter, fields }),
    affectedBy: affectedBy ?? (readsTables ? null : []),
    fields,
    filter,
    conditions: declaration.filter,
    sources: declaration.sources ?? {},
    referencedTypes: declaration.referencedTypes ?? [],
    uniqueValues: (declaration.uniqueValues ?? {}) as unknown as AnyUniqueValues,
    sharing: declaration.sharing ?? null,
    // The engine passes rows and sources of the declared type.
    consent: (declaration.consent ?? null) as AnyConsent | null,
    childOf: (declaration.childOf ?? null) as AnyChildOf | null,
    urgent: declaration.urgent ?? null,
    references: (row: EmsRows[EntityType]): EntityRef[] =>
      (declaration.references?.(row as EmsRows[T]) ?? []).flatMap(([type, key]) =>
        key === null || key === undefined ? [] : [{ type, key }],
      ),
    mentions: (row: EmsRows[EntityType], sources: AnySources): EntityRef[] =>
      (declaration.mentions?.(row as EmsRows[T], sources as Sources<S>) ?? []).map(([type, key]) => ({ type, key })),
  };
}

/** A value that cannot be sent parks the entity, with the field's name. */
export function mapped(map: () => Content): Mapped {
  try {
    return { kind: 'mapped', content: map() };
  } catch (error) {
    if (error instanceof Unmappable)
      return { kind: 'parked', field: error.field, reason: error.reason, code: error.code };
    throw error;
  }
}

/** The field and its value; empty if the value cannot be mapped. */
export function mappable(name: string, map: () => FieldValue): [string, FieldValue][] {
  try {
    return [[name, map()]];
  } catch (error) {
    if (error instanceof Unmappable) return [];
    throw error;
  }
}
