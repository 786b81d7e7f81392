import { p, Type } from '@mikro-orm/core';
import { formatInstant, parseInstant, type Instant } from '../../sync/instant.ts';

/**
 * PostgreSQL's `infinity` as the last time there is: no target takes it, so its row is parked, and no other row of its page.
 */
const ENDS_OF_TIME: ReadonlyMap<string, Instant> = new Map([
  ['infinity', Temporal.Instant.fromEpochMilliseconds(8.64e15)],
  ['-infinity', Temporal.Instant.fromEpochMilliseconds(-8.64e15)],
]);

/** `timestamptz(6)` ⇄ `Temporal.Instant`. The driver hands times over as text (see orm.ts), so microseconds survive. */
export class InstantType extends Type<Instant | null, string | null> {
  override convertToDatabaseValue(value: Instant | string | null): string | null {
    return value instanceof Temporal.Instant ? formatInstant(value) : value;
  }

  override convertToJSValue(value: string | null): Instant | null {
    if (value === null || value === undefined) return null;
    return ENDS_OF_TIME.get(value) ?? parseInstant(value);
  }

  override compareAsType(): string {
    return 'string';
  }

  override getColumnType(): string {
    return 'timestamptz(6)';
  }
}

/** `date` ⇄ `Temporal.PlainDate`: a birthday has no time zone. */
export class PlainDateType extends Type<Temporal.PlainDate | null, string | null> {
  override convertToDatabaseValue(value: Temporal.PlainDate | string | null): string | null {
    return value instanceof Temporal.PlainDate ? value.toString() : value;
  }

  override convertToJSValue(value: string | null): Temporal.PlainDate | null {
    if (value === null || value === undefined) return null;
    // Midnight in UTC has the day itself, for every notation that PostgreSQL has (years of five digits, BC, infinity).
    const midnight = ENDS_OF_TIME.get(value) ?? parseInstant(midnightOf(value));
    return midnight.toZonedDateTimeISO('UTC').toPlainDate();
  }

  override compareAsType(): string {
    return 'string';
  }

  override getColumnType(): string {
    return 'date';
  }
}

/** `2027-05-15` → `2027-05-15 00:00:00+00`, `0044-03-15 BC` → `0044-03-15 00:00:00+00 BC`. */
function midnightOf(date: string): string {
  return date.replace(/^(\S+)( BC)?$/, '$1 00:00:00+00$2');
}

export const instantColumn = () => p.type(InstantType).$type<Instant>();
export const dateColumn = () => p.type(PlainDateType).$type<Temporal.PlainDate>();
export const textColumn = () => p.text().strictNullable();
export const keyColumn = () => p.bigint('string');

/** What every EMS table has. EMS owns these tables: we never change their definition. */
export const auditable = {
  id: keyColumn().primary(),
  modifiedOn: instantColumn(),
};
