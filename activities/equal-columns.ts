/** Whether a column already has this value; null and undefined are equal. */
export function isEqualColumn(left: unknown, right: unknown): boolean {
  if (left instanceof Temporal.Instant && right instanceof Temporal.Instant) return left.equals(right);
  if (left instanceof Temporal.PlainDate && right instanceof Temporal.PlainDate) return left.equals(right);
  return (left ?? null) === (right ?? null);
}
