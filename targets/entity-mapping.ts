import type { EmsRows } from '../database/entities/index.ts';
import type { FieldValue } from '../sync/canonical-form.ts';
import type { Content } from '../sync/content-hash.ts';
import type { EntityKey, EntityRef, EntityType } from '../sync/entity-type.ts';
import type { FieldOwner } from '../sync/field-owner.ts';
import { Unmappable } from '../sync/fields.ts';
import type { Channel } from '../sync/suppression.ts';
import type { DeclaredFields, Fields } from './field-declaration.ts';
import type { InboundMapping } from './inbound-mapping.ts';
import { mappingVersion, type MappingVersion } from './mapping-version.ts';
import type { AnySources, NoSources, SourceRows, Sources } from './source-rows.ts';

/** A value that the target keeps once, or by which rows are matched. */
export interface UniqueValue<T extends EntityType> {
  /** Tells notations apart in a mapping's version: another text, and every pair is judged again. */
  readonly kind: string;
  /** The value in the canonical form in which it is sent (rule 20); null: none. It never throws. */
  readonly read: (row: EmsRows[T]) => string | null;
  /** SQL over the row `e`: only rows that agree in it are compared, for example `e.race_id`. Left out: all of the type. */
  readonly within?: string;
}

/**
 * Which rows of the same type would be one and the same remote record (families share an e-mail address). One owns it, the
 * others are SHARED. The owner stays owner until it leaves; then the first by `order` follows.
 */
export interface Sharing {
  /** The name of one of the mapping's `uniqueValues`: rows that have it alike share. */
  readonly by: string;
  /** SQL expressions over one row `s`, for example `s.date_of_birth NULLS LAST`; the id decides last. */
  readonly order: string;
}

/** What a mapping declares of rows that stand for a person's consent. */
export interface Consent<T extends EntityType, S extends { readonly [name: string]: SourceRows }> {
  /** On which channels the target advertises. What was refused elsewhere on another, or where it does not, does not concern it. */
  readonly channels: readonly Channel[];
  /** Where the person is reached: what the suppression list is keyed by, and what writes are serialised on. */
  readonly addresses: (row: EmsRows[T]) => Readonly<Partial<Record<Channel, string | null>>>;
  /** Channels that EMS opts out of: sent before everything else, also of a row that is parked. */
  readonly optOuts: (row: EmsRows[T], sources: Sources<S>) => readonly Channel[];
  /** What a refused channel means for the rest: `withhold`: nothing is sent; `send`: everything but consent. */
  readonly whenRefused: 'withhold' | 'send';
}

/** Rows of a type that are children of another's: the parent's workflow delivers both, and writes a record for each. */
export interface ChildOf<T extends EntityType> {
  readonly type: EntityType;
  readonly key: (row: EmsRows[T]) => EntityKey;
  /** SQL: the parent's key, of a row `e` of this type, for example `e.person_id`. */
  readonly sql: string;
  /** What follows the parent's remote id and a slash in this row's, for example `EMAIL/NEWSLETTER`. */
  readonly suffix: (row: EmsRows[T]) => string;
  /** The channel that the row is about; null: none. A refused one makes the row's record SUPPRESSED. */
  readonly channel: (row: EmsRows[T]) => Channel | null;
  /** False: the row asks for nothing that a refused channel could be in the way of. */
  readonly wants: (row: EmsRows[T]) => boolean;
}

/** What one-way and two-way mappings declare alike. */
export interface MappingBase<T extends EntityType, S extends { readonly [name: string]: SourceRows }> {
  readonly type: T;
  /** Raised when a function of the mapping makes something else of the same row; see {@link mappingVersion}. */
  readonly rules?: number;
  /** SQL condition on the EMS row `e`: which rows belong on the target. */
  readonly filter: string;
  /** Their change, arrival or removal makes the entity due (architecture rule 13). */
  readonly sources?: S;
  /** Rows that the target must have before this one. Those without a key (null) are left out. */
  readonly references?: (row: EmsRows[T]) => readonly (readonly [EntityType, EntityKey | null | undefined])[];
  /** Rows whose remote ids the target wants to know as well, without waiting for them. */
  readonly mentions?: (row: EmsRows[T], sources: Sources<S>) => readonly (readonly [EntityType, EntityKey])[];
  /** The types that `references` may name: the arrival of such a row makes those due that wait for it. */
  readonly referencedTypes?: readonly EntityType[];
  /** By name, the values that decide which rows share, and which of them has what the target keeps once. */
  readonly uniqueValues?: Readonly<Record<string, UniqueValue<T>>>;
  /** Left out: no two rows share a remote record. */
  readonly sharing?: Sharing;
  /** Left out: nobody's consent is at stake. */
  readonly consent?: Consent<T, S>;
  /** Left out: rows of this type have workflows of their own. */
  readonly childOf?: ChildOf<T>;
  /** SQL condition on a row `e` that is due: such rows go before all others (opt-outs). */
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
  | { readonly kind: 'parked'; readonly field: string; readonly reason: string };

/** How one entity type becomes the target's, with the types of its rows hidden: what the engine works with. */
export interface EntityMapping {
  readonly type: EntityType;
  /** Another one, and every pair of this type is judged again; equal content is not sent again. */
  readonly version: MappingVersion;
  /** What is declared of each field. */
  readonly fields: DeclaredFields;
  readonly filter: string;
  readonly sources: { readonly [name: string]: SourceRows };
  readonly referencedTypes: readonly EntityType[];
  readonly uniqueValues: AnyUniqueValues;
  readonly sharing: Sharing | null;
  readonly consent: AnyConsent | null;
  readonly childOf: AnyChildOf | null;
  readonly urgent: string | null;
  /** Who owns each field; a field that is not named is EMS's. Fields of the remote are part of no content that is sent. */
  readonly owners: Readonly<Record<string, FieldOwner>>;
  /** Null: nothing of this type is ever read back. */
  readonly inbound: InboundMapping | null;
  references(row: EmsRows[EntityType]): EntityRef[];
  mentions(row: EmsRows[EntityType], sources: AnySources): EntityRef[];
  /** Every field that is sent. */
  map(row: EmsRows[EntityType], sources: AnySources): Mapped;
  /** The same for a row that cannot be sent: fields that cannot be mapped are left out. */
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
 *   filter: 'e.email IS NOT NULL',
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

/** What the engine reads alike of every mapping. */
export function commonMapping<T extends EntityType, S extends { readonly [name: string]: SourceRows }>(
  declaration: MappingBase<T, S>,
  fields: DeclaredFields,
) {
  const { rules = 1 } = declaration;
  return {
    type: declaration.type,
    version: mappingVersion(rules, { ...declaration, fields }),
    fields,
    filter: declaration.filter,
    sources: declaration.sources ?? {},
    referencedTypes: declaration.referencedTypes ?? [],
    uniqueValues: (declaration.uniqueValues ?? {}) as unknown as AnyUniqueValues,
    sharing: declaration.sharing ?? null,
    // The engine hands in rows and sources of the very type that was declared.
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

/** A value that cannot be sent parks the entity, naming the field. */
export function mapped(map: () => Content): Mapped {
  try {
    return { kind: 'mapped', content: map() };
  } catch (error) {
    if (error instanceof Unmappable) return { kind: 'parked', field: error.field, reason: error.reason };
    throw error;
  }
}

/** The field and its value; nothing if the value cannot be mapped. */
export function mappable(name: string, map: () => FieldValue): [string, FieldValue][] {
  try {
    return [[name, map()]];
  } catch (error) {
    if (error instanceof Unmappable) return [];
    throw error;
  }
}
