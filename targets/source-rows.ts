import type { SourceRowTypes } from '../database/entities/index.ts';

/** The rows that a mapping can read: entities, and the messages of a conversation. */
export type SourceType = keyof SourceRowTypes;

/** Rows that a mapping reads beside its own, for example a person's club. */
export interface SourceRows {
  readonly type: SourceType;
  /** SQL condition that selects them: `s` is such a row, `e` the entity's own, for example `s.id = e.organisation_id`. */
  readonly where: string;
}

export type NoSources = { readonly [name: string]: never };

export type Sources<S extends { readonly [name: string]: SourceRows }> = {
  readonly [Name in keyof S]: readonly SourceRowTypes[S[Name]['type']][];
};

/** The rows of any declaration, by the source's name. */
export type AnySources = { readonly [name: string]: readonly SourceRowTypes[SourceType][] };
