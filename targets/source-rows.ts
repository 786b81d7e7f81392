import type { SourceRowTypes } from '../database/entities/index.ts';

/** The rows that a mapping can read: entities, and the messages of a conversation. */
export type SourceType = keyof SourceRowTypes;

/** Rows that a mapping reads beside its own, for example a person's club. */
export interface SelectedRows {
  readonly type: SourceType;
  /** SQL condition that selects them: `s` is such a row, `e` the entity's own, for example `s.id = e.organisation_id`. */
  readonly where: string;
}

/**
 * The other row of the entity's own type that comes first with a unique value which this one has as well; none where this one comes
 * first. Only another holder makes the entity due, not every change of whoever has the value.
 */
export interface HolderRow {
  readonly type: SourceType;
  /** The name of one of the mapping's `uniqueValues`. */
  readonly holderOf: string;
  /** SQL expressions over one row `s`: who comes first; the id decides last. */
  readonly order: string;
  /** Another unique value: rows that have that one alike are one remote record, and need not be told apart. */
  readonly apartFrom?: string;
}

export type SourceRows = SelectedRows | HolderRow;

export type NoSources = { readonly [name: string]: never };

export type Sources<S extends { readonly [name: string]: SourceRows }> = {
  readonly [Name in keyof S]: readonly SourceRowTypes[S[Name]['type']][];
};

/** The rows of any declaration, by the source's name. */
export type AnySources = { readonly [name: string]: readonly SourceRowTypes[SourceType][] };
