import type { FieldValue } from '../sync/canonical-form.ts';
import { calendarDate, instant, integer, oneOf, pattern, required, text, type Source } from '../sync/fields.ts';
import type { Instant } from '../sync/instant.ts';

/** Converts the value of one EMS column to a target field's value. Equal columns must give equal values. */
export interface FieldKind<V> {
  /** Identifies the kind in a mapping's version: if it changes, every pair is evaluated again. */
  readonly name: string;
  /** @throws Unmappable, naming the column, for a value that cannot be sent. */
  readonly read: (source: Source<V>) => FieldValue;
}

/** A kind whose values are also read back from the target. */
export interface TwoWayKind<V> extends FieldKind<V> {
  /**
   * The column's value for a target value, which is in canonical form.
   *
   * @param held the column's current value; undefined for a row that will be created.
   */
  readonly write: (value: FieldValue, held: V | undefined) => V;
}

export function fieldKind<V>(name: string, read: FieldKind<V>['read']): FieldKind<V> {
  return Object.freeze({ name, read });
}

export function twoWayKind<V>(kind: FieldKind<V>, write: TwoWayKind<V>['write']): TwoWayKind<V> {
  return Object.freeze({ ...kind, write });
}

/** Text of at most `max` characters. */
export const textUpTo = (max: number): TwoWayKind<string | null> =>
  twoWayKind(
    fieldKind(`text of ${max}`, (source) => text(source, max)),
    textIn,
  );

/** Text of at most 255 characters. */
export const TEXT = textUpTo(255);

/** A calendar day, `YYYY-MM-DD`. */
export const DAY = twoWayKind(fieldKind<Temporal.PlainDate | null>('day', calendarDate), (value) => {
  const day = textIn(value);
  return day === null ? null : Temporal.PlainDate.from(day);
});

/** RFC 3339 in UTC with milliseconds. */
export const INSTANT = twoWayKind(fieldKind<Instant | null>('instant', instant), (value) => {
  const time = textIn(value);
  return time === null ? null : Temporal.Instant.from(time);
});

export const integerFrom = (min: number): TwoWayKind<number | null> =>
  twoWayKind(
    fieldKind(`integer from ${min}`, (source) => integer(source, min)),
    (value) => (typeof value === 'number' ? value : null),
  );

export const YES_OR_NO = twoWayKind(
  fieldKind<boolean | null>('yes or no', ([, value]) => value),
  (value) => (typeof value === 'boolean' ? value : null),
);

/** Text that matches a pattern; `expected` describes it in words. */
export const matching = (expression: RegExp, expected: string): FieldKind<string | null> =>
  fieldKind(`${expected} ${expression.source}`, (source) => pattern(source, expression, expected));

/** Translates EMS's words to the target's; back to the first of EMS's words with that translation. */
export function wordOf(words: Readonly<Record<string, string>>): TwoWayKind<string | null> {
  const list = Object.entries(words);
  return twoWayKind(
    fieldKind(`word ${list.map((pair) => pair.join('=')).join(' ')}`, (source) => oneOf(source, words)),
    (value) => list.find(([, word]) => word === value)?.[0] ?? null,
  );
}

/** A required value: a row without it is parked. */
export function needed<V>({ name, read }: FieldKind<V>): FieldKind<V> {
  return fieldKind(`required ${name}`, (source) => required(source[0], read(source)));
}

/** A target value as text; null for everything else. */
export function textIn(value: FieldValue): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
