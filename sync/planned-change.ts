import { canonicalForm, type CanonicalValue } from './canonical-form.ts';
import type { Content } from './content-hash.ts';
import type { EntityKey, EntityType } from './entity-type.ts';
import type { Direction } from './sync-process-name.ts';

/** What a sweep or poll would do with one row or remote record. */
export const PLANNED_ACTIONS = [
  'create',
  'change',
  'delete',
  'suppress',
  'park',
  'hold',
  'wait',
  'share',
  'link',
  'unlink',
  'forget',
  'fail',
] as const;

export type PlannedAction = (typeof PLANNED_ACTIONS)[number];

/** What `apply` does: nothing is held, and what cannot be looked at is left. */
export const REQUESTED_ACTIONS: readonly PlannedAction[] = PLANNED_ACTIONS.filter(
  (action) => action !== 'hold' && action !== 'fail',
);

/** A field that would change. */
export interface PlannedField {
  readonly field: string;
  /** What is there now; left out: not known, as it was not read. */
  readonly before?: CanonicalValue;
  readonly after: CanonicalValue;
}

export interface PlannedChange {
  /** `outbound`: at the target; `inbound`: in EMS. */
  readonly direction: Direction;
  readonly type: EntityType;
  /** Of the EMS row; null: a remote record that has none. */
  readonly id: EntityKey | null;
  /** Only for a remote record without a row. */
  readonly remoteId?: string;
  readonly action: PlannedAction;
  readonly fields?: readonly PlannedField[];
  readonly reason?: string;
  /** Opt-outs that go to the target although the rest of the row does not. */
  readonly optOuts?: readonly string[];
  /** The target is made to release values that EMS has given to another row. */
  readonly releases?: true;
  /** Differs if the same action would be another one: keyed, so that it tells nothing about the values. */
  readonly hash: string;
}

/**
 * The fields that differ, with both values.
 *
 * @param held what the target holds; a field that was not read is not compared. Null: unknown, so all are listed.
 */
export function plannedFields(held: Content | null, wanted: Content): PlannedField[] {
  return Object.keys(wanted).flatMap((field): PlannedField[] => {
    const after = canonicalForm(wanted[field]);
    if (held === null) return after === null ? [] : [{ field, after }];
    if (!Object.hasOwn(held, field)) return [];
    const before = canonicalForm(held[field]);
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ field, before, after }];
  });
}

/** Values of these types tell nothing about a person. */
const IMPERSONAL: readonly EntityType[] = ['Event', 'Race', 'StartGroup', 'StartGroupParticipant', 'Tag'];

/** Shown in place of a personal value; that there is none stays visible. */
export const MASK = '•••';

const mask = (value: CanonicalValue): CanonicalValue => (value === null ? null : MASK);

/** The change without personal values. */
export function masked(change: PlannedChange): PlannedChange {
  if (change.fields === undefined || IMPERSONAL.includes(change.type)) return change;
  return {
    ...change,
    fields: change.fields.map(({ field, after, ...more }) => ({
      field,
      ...(more.before === undefined ? {} : { before: mask(more.before) }),
      after: mask(after),
    })),
  };
}
