import type { EmsRows } from '../../database/entities/index.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import { defineMapping, type EntityMapping, type EntityMappingDeclaration } from '../entity-mapping.ts';
import type { AnySourceRows, DeclaredFields, Field, Fields, Rows } from '../field-declaration.ts';
import { matching, needed, type FieldKind } from '../field-kinds.ts';

/** A TagServer field has the same name in content. Some contain the external id of another resource. */
export interface TagServerPlace {
  readonly refersTo?: EntityType;
  /** The property with that row's key, if the row must be at TagServer first. */
  readonly by?: string;
}

const UNSIGNED = /^\d+$/;

/** An EMS id as TagServer's external id, which cannot be negative. */
export const EXTERNAL_ID = matching(UNSIGNED, 'a positive number');

export const isExternalId = (key: EntityKey): boolean => UNSIGNED.test(key);

/** A field with the id of another resource, which is sent first. */
export function reference<T extends EntityType, S extends AnySourceRows>(
  rows: Rows<T, S>,
  property: `${string}Id` & keyof EmsRows[T],
  refersTo: EntityType,
  kind: FieldKind<string | null> = needed(EXTERNAL_ID),
): Field<T, S, TagServerPlace> {
  return rows.ems(
    { refersTo, by: property },
    rows.column(property, kind as unknown as FieldKind<EmsRows[T][`${string}Id` & keyof EmsRows[T]]>),
  );
}

/** A mapping whose references follow from its fields. */
export function resourceMapping<T extends EntityType, const S extends AnySourceRows>(
  declaration: Omit<EntityMappingDeclaration<T, S>, 'references' | 'referencedTypes' | 'fields'> & {
    readonly fields: Fields<T, S, TagServerPlace>;
  },
): EntityMapping {
  const references = Object.values(declaration.fields).flatMap(({ at: { refersTo, by } }) =>
    refersTo === undefined || by === undefined ? [] : [{ refersTo, by }],
  );
  return defineMapping<T, S>({
    ...declaration,
    referencedTypes: references.map(({ refersTo }) => refersTo),
    references: (row) =>
      references.map(({ refersTo, by }) => [
        refersTo,
        (row as unknown as Readonly<Record<string, EntityKey | null>>)[by],
      ]),
  });
}

/** The type that a field refers to; undefined if none. */
export function referredType({ fields }: EntityMapping, field: string): EntityType | undefined {
  return (fields as DeclaredFields<TagServerPlace>)[field]?.at.refersTo;
}
