import { canonicalText } from './canonical-form.ts';
import { formatMilliseconds, type Instant } from './instant.ts';

/** Thrown by a field function if the EMS value cannot be converted; the entity is parked with the field's name. */
export class Unmappable extends Error {
  override readonly name = 'Unmappable';
  readonly field: string;
  readonly reason: string;
  /** The reason as a {@link failureCode} has it. */
  readonly code: string;

  constructor(field: string, reason: string, code = 'field-invalid') {
    super(`${field} ${reason}`);
    this.field = field;
    this.reason = reason;
    this.code = code;
  }
}

/** An EMS value with its column name, for error messages. */
export type Source<T> = readonly [column: string, value: T];

type Text = string | null | undefined;

/** Contains control characters, so that no target takes it, and no text of EMS is likely to begin with it. */
const UNREAD = '\u0001\uffff\u0001';

/** Stands for a text that was too long to be read. It differs from that of any other row. */
export const unreadText = ({ limit, id }: { readonly limit: number; readonly id: string }): string =>
  `${UNREAD}${limit}${UNREAD}${id}`;

export const isUnread = (value: Text): boolean => value?.includes(UNREAD) === true;

/** @throws Unmappable if the text was too long to be read. */
export function assertRead([column, value]: Source<Text>): void {
  if (value === null || value === undefined || !isUnread(value)) return;
  throw new Unmappable(column, `has more than ${value.split(UNREAD)[1]} bytes, and was not read`, 'field-too-long');
}

// Written as escapes, because a control character would be invisible in the source.
// oxlint-disable-next-line no-control-regex
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/u;

/**
 * Canonical text of at most `max` characters (code points), or null.
 *
 * @throws Unmappable if it is longer, or contains control characters or a lone surrogate (invalid in UTF-8).
 */
export function text([column, value]: Source<Text>, max = 255): string | null {
  assertRead([column, value]);
  const canonical = canonicalText(value);
  if (canonical === null) return null;
  if (CONTROL_CHARACTERS.test(canonical)) throw new Unmappable(column, 'contains control characters');
  if (!canonical.isWellFormed()) throw new Unmappable(column, 'contains half a character (a lone surrogate)');
  const { length } = Array.from(canonical);
  if (length > max) throw new Unmappable(column, `has ${length} characters, the target takes ${max}`, 'field-too-long');
  return canonical;
}

/** A required value. @throws Unmappable if EMS has none. */
export function required<T>(column: string, value: T | null | undefined): T {
  if (value === null || value === undefined)
    throw new Unmappable(column, 'is empty, and the target needs it', 'field-missing');
  return value;
}

/** `required(column, text(…))`. */
export function requiredText(source: Source<Text>, max = 255): string {
  return required(source[0], text(source, max));
}

/**
 * Text that matches a pattern, or null. @throws Unmappable if it does not match; `expected` describes the pattern in
 * words.
 */
export function pattern([column, value]: Source<Text>, expression: RegExp, expected: string): string | null {
  assertRead([column, value]);
  const canonical = canonicalText(value);
  if (canonical !== null && !expression.test(canonical)) throw new Unmappable(column, `is not ${expected}`);
  return canonical;
}

/** The target's word for one of EMS's. @throws Unmappable if EMS's word is not in the list. */
export function oneOf<T extends string>([column, value]: Source<Text>, words: Readonly<Record<string, T>>): T | null {
  assertRead([column, value]);
  const canonical = canonicalText(value);
  if (canonical === null) return null;
  const word = Object.hasOwn(words, canonical) ? words[canonical] : undefined;
  if (word === undefined) throw new Unmappable(column, `is none of ${Object.keys(words).join(', ')}`);
  return word;
}

/** A whole number within limits, or null. @throws Unmappable outside them. */
export function integer([column, value]: Source<number | null | undefined>, min: number): number | null {
  if (value === null || value === undefined) return null;
  if (!Number.isSafeInteger(value) || value < min) throw new Unmappable(column, `must be a whole number from ${min}`);
  return value;
}

/** RFC 3339 in UTC with milliseconds, or null. @throws Unmappable outside the years 1000 to 9999. */
export function instant([column, value]: Source<Instant | null | undefined>): string | null {
  if (value === null || value === undefined) return null;
  checkYear(column, value.toZonedDateTimeISO('UTC'));
  return formatMilliseconds(value);
}

/** A calendar day, `YYYY-MM-DD`, or null. @throws Unmappable outside the years 1000 to 9999. */
export function calendarDate([column, value]: Source<Temporal.PlainDate | null | undefined>): string | null {
  if (value === null || value === undefined) return null;
  checkYear(column, value);
  return value.toString();
}

/**
 * The local calendar day, `YYYY-MM-DD`, or null.
 *
 * @param zone from {@link timeZone}.
 * @throws Unmappable outside the years 1000 to 9999.
 */
export function localDate([column, value]: Source<Instant | null | undefined>, zone: string): string | null {
  return calendarDate([column, value?.toZonedDateTimeISO(zone).toPlainDate()]);
}

/** Year 202 or 20266 is a typing mistake, and targets accept four digits. */
function checkYear(column: string, { year }: { readonly year: number }): void {
  if (year < 1_000 || year > 9_999) throw new Unmappable(column, 'is not within the years 1000 to 9999');
}

// Temporal would also accept a full time with a zone as a zone.
const ZONE_NAME = /^[a-z][a-z0-9_+-]*(\/[a-z0-9_+-]+)*$/i;

/**
 * An IANA time zone in IANA's case. An alias is kept: which name is newer depends on the platform's release, and a new
 * release must not change what was sent.
 *
 * @throws Unmappable if unknown or empty.
 */
export function timeZone([column, value]: Source<Text>): string {
  const zone = requiredText([column, value]);
  if (/^[+-]/.test(zone)) throw new Unmappable(column, 'is an offset, not an IANA time zone');
  if (!ZONE_NAME.test(zone)) throw new Unmappable(column, 'is no IANA time zone');
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone).timeZoneId;
  } catch {
    throw new Unmappable(column, 'is no IANA time zone');
  }
}
