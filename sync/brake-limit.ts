import type { EntityKey } from './entity-type.ts';
import type { MissingLimit } from './missing-limit.ts';

/** What a sweep does to rows that the target has already. */
export type BrakeKind = 'delete' | 'update';

/** How many rows of a type a sweep may remove or change at once: beyond both bounds of a kind, a human must check. */
export type BrakeLimits = Readonly<Record<BrakeKind, MissingLimit>>;

/** A type of fewer rows may lose all of them: a small event, a test. */
const EMPTIED_AT_LEAST = 10;

/**
 * Whether so many rows at once look like a mistake: more than the count and more than the share; or a table that is
 * suddenly empty. Creating rows is never held, so a first load passes.
 *
 * @param linked rows of the type at the target
 */
export function isMass(
  rows: number,
  { kind, linked }: { readonly kind: BrakeKind; readonly linked: number },
  limits: BrakeLimits,
): boolean {
  const { count, share } = limits[kind];
  if (kind === 'delete' && rows >= Math.max(linked, EMPTIED_AT_LEAST)) return true;
  return rows > count && rows * 100 > linked * share;
}

/** The least number of rows that {@link isMass} could hold: below it there is nothing to count. */
export const leastHeld = (kind: BrakeKind, limits: BrakeLimits): number =>
  kind === 'delete' ? Math.min(EMPTIED_AT_LEAST, limits.delete.count + 1) : limits.update.count + 1;

const WHAT = {
  delete: { would: 'would leave', so: 'None is removed' },
  update: { would: 'would be changed at', so: 'None is changed' },
} as const;

/** The text shown by a sweep, its page, its log and `status`. */
export function describeHeldSweep({
  id,
  process,
  type,
  kind,
  held,
  linked,
  examples,
}: {
  readonly id: string;
  readonly process: string;
  readonly type: string;
  readonly kind: BrakeKind;
  readonly held: number;
  readonly linked: number;
  readonly examples: readonly EntityKey[];
}): string {
  const { would, so } = WHAT[kind];
  return (
    `HELD: ${held} of ${linked} ${type} ${would} ${process} at once, for example ${examples.join(', ')}. ${so}. ` +
    `A mistake? Mend it in EMS; or let it pass: npx ems-sync approve ${process} ${id}`
  );
}
