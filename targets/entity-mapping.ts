import type { EmsRows } from '../database/entities/index.ts';
import type { Content } from '../sync/content-hash.ts';
import type { EntityKey, EntityRef, EntityType } from '../sync/entity-type.ts';
import { Unmappable } from '../sync/fields.ts';

/** Rows that a mapping reads beside its own, for example a person's club. */
export interface SourceRows {
  readonly type: EntityType;
  /** SQL that picks them: `s` is the row read, `e` the entity's own, for example `s.id = e.organisation_id`. */
  readonly where: string;
}

type NoSources = { readonly [name: string]: never };

type Sources<S extends { readonly [name: string]: SourceRows }> = {
  readonly [Name in keyof S]: readonly EmsRows[S[Name]['type']][];
};

export interface EntityMappingDeclaration<T extends EntityType, S extends { readonly [name: string]: SourceRows }> {
  readonly type: T;
  /** SQL condition on the EMS row `e`: which rows the target shall have. */
  readonly filter: string;
  /** Their change, arrival or removal makes the entity due (architecture rule 13). */
  readonly sources?: S;
  /** Rows that the target must have before this one. Those without a key (null) are left out. */
  readonly references?: (row: EmsRows[T]) => readonly (readonly [EntityType, EntityKey | null | undefined])[];
  /** The types that `references` may name: the arrival of such a row makes those due that wait for it. */
  readonly referencedTypes?: readonly EntityType[];
  /** The target's fields. Field functions (sync/fields.ts) throw {@link Unmappable} for what cannot be sent. */
  readonly map: (row: EmsRows[T], sources: Sources<S>) => Content;
}

export type Mapped =
  | { readonly kind: 'mapped'; readonly content: Content }
  | { readonly kind: 'parked'; readonly field: string; readonly reason: string };

/** How one entity type becomes the target's, with the types of its rows hidden: what the engine works with. */
export interface EntityMapping {
  readonly type: EntityType;
  readonly filter: string;
  readonly sources: { readonly [name: string]: SourceRows };
  readonly referencedTypes: readonly EntityType[];
  references(row: EmsRows[EntityType]): EntityRef[];
  map(row: EmsRows[EntityType], sources: { readonly [name: string]: readonly EmsRows[EntityType][] }): Mapped;
}

/**
 * Declares how rows of one type become a target's records.
 *
 * @example
 * defineMapping({
 *   type: 'Person',
 *   filter: 'e.email IS NOT NULL',
 *   sources: { club: { type: 'Organisation', where: 's.id = e.organisation_id' } },
 *   map: (person, { club }) => ({ name: requiredText(['last_name', person.lastName]), club: text(['name', club[0]?.name]) }),
 * });
 */
export function defineMapping<
  T extends EntityType,
  const S extends { readonly [name: string]: SourceRows } = NoSources,
>(declaration: EntityMappingDeclaration<T, S>): EntityMapping {
  return Object.freeze({
    type: declaration.type,
    filter: declaration.filter,
    sources: declaration.sources ?? {},
    referencedTypes: declaration.referencedTypes ?? [],
    references: (row: EmsRows[EntityType]) =>
      (declaration.references?.(row as EmsRows[T]) ?? []).flatMap(([type, key]) =>
        key === null || key === undefined ? [] : [{ type, key }],
      ),
    map: (row: EmsRows[EntityType], sources: { readonly [name: string]: readonly EmsRows[EntityType][] }): Mapped => {
      try {
        return { kind: 'mapped', content: declaration.map(row as EmsRows[T], sources as Sources<S>) };
      } catch (error) {
        if (error instanceof Unmappable) return { kind: 'parked', field: error.field, reason: error.reason };
        throw error;
      }
    },
  });
}
