import type { FieldValue } from '../../sync/canonical-form.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { Channel, ConsentScope } from '../../sync/suppression.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EmsRows, SourceRowTypes } from '../entities/index.ts';

/** Rows that a mapping reads beside its own. */
export interface SelectedRows {
  readonly type: keyof SourceRowTypes;
  /** SQL: `s` is such a row, `e` the entity's own. */
  readonly where: string;
}

/** The other row that holds the same unique value as `e`; see targets/source-rows.ts. */
export interface HolderRow {
  readonly type: keyof SourceRowTypes;
  readonly holderOf: string;
  readonly order: string;
  readonly apartFrom?: string;
}

/**
 * Rows whose change can make rows of a mapping due, or change whether those pass the filter: read the other way round,
 * so that a sweep finds the rows concerned from what has changed.
 */
export interface AffectingRows {
  /** Rows of EMS; or, with `records`, this process's records of a type (`s.entity_key` is their row). */
  readonly type: keyof SourceRowTypes;
  readonly records?: true;
  /** SQL: selects the ids of the rows that the row `s` concerns, by an index; for example `SELECT s.person_id`. */
  readonly keys: string;
}

/** What detection needs to know about a mapping; its SQL comes from our own declarations, never from outside. */
export interface DetectedMapping {
  readonly type: EntityType;
  readonly filter: string;
  readonly sources: { readonly [name: string]: SelectedRows | HolderRow };
  readonly referencedTypes: readonly EntityType[];
  /** Null or left out: unknown, so that the type is always compared in full. */
  readonly affectedBy?: readonly AffectingRows[] | null;
  /** By name: canonical values that are unique at the target, or by which rows are matched. */
  readonly uniqueValues?: {
    readonly [name: string]: {
      readonly read: (row: EmsRows[EntityType]) => FieldValue;
      readonly within?: string | undefined;
    };
  };
  /** Rows with an equal unique value `by` share a remote record; `order` decides which row `s` comes first. */
  readonly sharing?: { readonly by: string; readonly order: string } | null;
  /** The channels for which rows represent a person's consent: refusals at other targets are read as well. */
  readonly consent?: { readonly channels: readonly Channel[] } | null;
}

export interface Detection {
  readonly process: SyncProcessName;
  readonly mapping: DetectedMapping;
  readonly mappingVersion: string;
  /** How long a change must have been visible before a sweep takes it, in milliseconds of the database's clock. */
  readonly settleMs: number;
  /** The setting CONSENT_SCOPE. Left out: `target`. */
  readonly consentScope?: ConsentScope;
  /** The prefix of current hashes of unique values; hashes with another key are recomputed. Left out: not checked. */
  readonly uniqueHashPrefix?: string;
}

export const isHolderRow = (rows: SelectedRows | HolderRow): rows is HolderRow => 'holderOf' in rows;
