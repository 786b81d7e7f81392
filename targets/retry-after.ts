const SECONDS = /^\d+(\.\d+)?$/;

/**
 * RFC 9110's date format and its older form with the full name of the day. `Date.parse` alone would find a year in any
 * text.
 */
const HTTP_DATE = /^[A-Z][a-z]{2,8}, \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} \d\d:\d\d:\d\d GMT$/;

/** Longer waits are limited to this, so that a mistake of the target cannot block a record for years. */
const LONGEST_WAIT_MS = 86_400_000;

/**
 * Reads `Retry-After`, which is a number of seconds or a date.
 *
 * @returns milliseconds from now, at most a day; undefined if the header is missing, in the past, or invalid.
 */
export function retryAfterMs(header: string | undefined, now: number = Date.now()): number | undefined {
  const text = header?.trim() ?? '';
  const ms = SECONDS.test(text) ? Number(text) * 1_000 : HTTP_DATE.test(text) ? Date.parse(text) - now : Number.NaN;
  return ms >= 0 ? Math.min(ms, LONGEST_WAIT_MS) : undefined;
}
