/** A point in time with PostgreSQL's microseconds. A JavaScript `Date` would drop them, and the row would be due for ever. */
export type Instant = Temporal.Instant;

/**
 * Reads a `timestamptz` as PostgreSQL writes it (`2027-05-15 07:30:00.123456+00`), or any RFC 3339 instant.
 *
 * @throws RangeError if the text is no instant.
 */
export function parseInstant(text: string): Instant {
  return Temporal.Instant.from(text);
}

/** RFC 3339 in UTC with six decimals: the notation in payloads, hashes and SQL parameters. */
export function formatInstant(instant: Instant): string {
  return instant.toString({ fractionalSecondDigits: 6, roundingMode: 'floor' });
}

/** RFC 3339 in UTC with three decimals, later digits cut: what targets that keep milliseconds store. */
export function formatMilliseconds(instant: Instant): string {
  return instant.toString({ fractionalSecondDigits: 3, roundingMode: 'floor' });
}
