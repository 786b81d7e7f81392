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

/** The one other row that has a unique value which `e` has as well; see targets/source-rows.ts. */
export interface HolderRow {
  readonly type: keyof SourceRowTypes;
  readonly holderOf: string;
  readonly order: string;
  readonly apartFrom?: string;
}

/** What detection has to know of a mapping; the SQL in it comes from our own declarations, never from outside. */
export interface DetectedMapping {
  readonly type: EntityType;
  readonly filter: string;
  readonly sources: { readonly [name: string]: SelectedRows | HolderRow };
  readonly referencedTypes: readonly EntityType[];
  /** By name: the canonical values that the target keeps once, or that rows are matched by. */
  readonly uniqueValues?: {
    readonly [name: string]: {
      readonly read: (row: EmsRows[EntityType]) => FieldValue;
      readonly within?: string | undefined;
    };
  };
  /** Rows with the unique value `by` alike are one remote record; `order` says who of the rows `s` comes first. */
  readonly sharing?: { readonly by: string; readonly order: string } | null;
  /** The channels on which rows stand for a person's consent: what other targets have learnt of refusals is read beside them. */
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
  /** What hashes of unique values begin with; those of another key are made anew. Left out: not looked at. */
  readonly uniqueHashPrefix?: string;
}

export const isHolderRow = (rows: SelectedRows | HolderRow): rows is HolderRow => 'holderOf' in rows;
