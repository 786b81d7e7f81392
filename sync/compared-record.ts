import type { EntityKey, EntityType } from './entity-type.ts';

/**
 * - missing: our record says that the target has it, and it does not.
 * - different: a field that EMS decides has another value there.
 * - merged: the target's record has become another one's, or carries another row's id.
 * - extra: a record there carries an EMS id, and no record of ours knows it.
 */
export type Difference = 'missing' | 'different' | 'merged' | 'extra';

export interface DifferingRecord {
  readonly type: EntityType;
  /** Of an extra one the EMS id that it carries. */
  readonly key: EntityKey;
  readonly difference: Difference;
  /** The names of the fields that differ. */
  readonly fields?: readonly string[];
  /** Only of an extra one: EMS has no such row, so no pass of it can take the record off. */
  readonly isOrphan?: true;
}

export interface ComparedPage {
  /** Records that were compared; those that are due are left to the next sweep. */
  readonly compared: number;
  readonly differing: readonly DifferingRecord[];
  /** Where the next page begins; null: this was the last one. */
  readonly next: string | null;
}
