/**
 * A point in time with PostgreSQL's microseconds. A JavaScript `Date` would drop them, and the row would be due
 * forever.
 */
export type Instant = Temporal.Instant;

/**
 * A `timestamptz` exactly as PostgreSQL wrote it. It is only compared for equality and passed back, never computed
 * with: PostgreSQL stores times that no other type here can represent (`infinity`, the year 290000), and a row's time
 * must return exactly as it was read.
 */
export type Stamp = string;

/** Years in PostgreSQL's own notation: more than four digits (a typing mistake: 20267), or BC. */
const UNUSUAL_YEAR = /^(?<year>\d{4,6})(?<rest>-\d\d-\d\d[ T][^ ]*)(?<era> BC)?$/;

/**
 * Parses a `timestamptz` as PostgreSQL writes it (`2027-05-15 07:30:00.123456+00`, `0044-03-15 12:00:00+00 BC`), or any
 * RFC 3339 instant.
 *
 * @throws RangeError if the text is not an instant, for example PostgreSQL's `infinity`.
 */
export function parseInstant(text: string): Instant {
  try {
    return Temporal.Instant.from(withSignedYear(text));
  } catch (cause) {
    throw new RangeError(`"${text}" is no point in time that can be synchronised: correct it in EMS`, { cause });
  }
}

/** ECMAScript requires a sign and six digits for years outside 0 to 9999, and has a year 0. */
function withSignedYear(text: string): string {
  const { year, rest, era } = UNUSUAL_YEAR.exec(text)?.groups ?? {};
  if (year === undefined || (year.length === 4 && era === undefined)) return text;
  const signed = era === undefined ? Number(year) : 1 - Number(year);
  return `${signed < 0 ? '-' : '+'}${String(Math.abs(signed)).padStart(6, '0')}${rest}`;
}

/** RFC 3339 in UTC with six decimals: the notation in payloads, hashes and SQL parameters. */
export function formatInstant(instant: Instant): string {
  return instant.toString({ fractionalSecondDigits: 6, roundingMode: 'floor' });
}

/** RFC 3339 in UTC with three decimals, truncated: for targets with millisecond precision. */
export function formatMilliseconds(instant: Instant): string {
  return instant.toString({ fractionalSecondDigits: 3, roundingMode: 'floor' });
}
