/** How many remote records of one type may be missing at once before a human must check. */
export interface MissingLimit {
  readonly count: number;
  /** Percent of the linked records of the type. */
  readonly share: number;
}

/**
 * Whether too many records are missing for deletions by agents: more than the count and more than the share, or most of
 * them. An account that was emptied, reset or replaced looks like this.
 */
export function isTooMany(missing: number, linked: number, { count, share }: MissingLimit): boolean {
  const isMost = missing > 1 && missing * 2 > linked;
  return isMost || missing > Math.max(count, (linked * share) / 100);
}

/** The text shown by a poll, its page, its log and `status`. */
export function describeHold({
  id,
  process,
  type,
  held,
  linked,
}: {
  readonly id: string;
  readonly process: string;
  readonly type: string;
  readonly held: number;
  readonly linked: number;
}): string {
  return (
    `HELD: ${held} of ${linked} linked ${type} are missing at ${process} at once. Nothing is unlinked. ` +
    `Restored, emptied or another account? Mend that; or let it pass: npx ems-sync approve ${process} ${id}`
  );
}
