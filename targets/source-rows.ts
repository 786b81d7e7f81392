import type { SourceRowTypes } from '../database/entities/index.ts';

/** The rows that a mapping can read: entities, and the messages of a conversation. */
export type SourceType = keyof SourceRowTypes;

/** Rows that a mapping reads beside its own, for example a person's club. */
export interface SelectedRows {
  readonly type: SourceType;
  /**
   * SQL condition that selects them: `s` is such a row, `e` the entity's own row, for example `s.id =
   * e.organisation_id`.
   */
  readonly where: string;
}

/**
 * The other row of the same type that comes first among those with an equal unique value; none if this row is first.
 * Only a different holder makes the entity due, not every change of the holder.
 */
export interface HolderRow {
  readonly type: SourceType;
  /** The name of one of the mapping's `uniqueValues`. */
  readonly holderOf: string;
  /** SQL expressions over one row `s` that decide who is first; ties are broken by id. */
  readonly order: string;
  /** Another unique value: rows with an equal one share a remote record and need not be distinguished. */
  readonly apartFrom?: string;
}

export type SourceRows = SelectedRows | HolderRow;

export type NoSources = { readonly [name: string]: never };

export type Sources<S extends { readonly [name: string]: SourceRows }> = {
  readonly [Name in keyof S]: readonly SourceRowTypes[S[Name]['type']][];
};

/** The rows of any declaration, by the source's name. */
export type AnySources = { readonly [name: string]: readonly SourceRowTypes[SourceType][] };
