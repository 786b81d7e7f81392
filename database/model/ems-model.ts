import type { SourceRowTypes } from '../entities/index.ts';

/** A type of row that mappings read: an entity, or the messages of a conversation. */
export type EmsType = keyof SourceRowTypes;

/** Where EMS keeps an entity, by names of its own (`EMS_MODEL_FILE`). */
export interface EntityModel {
  readonly schema: string;
  readonly table: string;
  /** Our column → EMS's column. Null: EMS has no such column, and it is always empty. */
  readonly columns: Readonly<Record<string, string | null>>;
  /** Rows that EMS marks instead of deleting. Null: it deletes them. */
  readonly deleted: DeletedWhen | null;
  /** EMS's columns beside ours that a new row needs, and what they get. */
  readonly onInsert: Readonly<Record<string, InsertedValue>>;
  /** The sequence of new ids, if the id column has no default: `schema.name`. */
  readonly idSequence: string | null;
}

/** A row is deleted if the column has this value, or any value. */
export type DeletedWhen =
  | { readonly column: string; readonly equals: string | number | boolean }
  | { readonly column: string; readonly isSet: true };

export type InsertedValue = { readonly generate: 'uuid' | 'now' } | { readonly value: string | number | boolean };

/** The entities that EMS has. Null: it is known to have none of that kind. */
export type EmsModel = Readonly<Partial<Record<EmsType, EntityModel | null>>>;

/**
 * The schema of the views that read EMS's tables under our names. It comes first on the search path of every session, so
 * that a table of EMS's that happens to have such a name is never read.
 */
export const VIEW_SCHEMA = 'sync_ems';
