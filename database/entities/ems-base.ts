import { p, Type } from '@mikro-orm/core';
import { formatInstant, parseInstant, type Instant, type Stamp } from '../../sync/instant.ts';

const LAST_INSTANT = Temporal.Instant.fromEpochMilliseconds(8.64e15);
const FIRST_INSTANT = Temporal.Instant.fromEpochMilliseconds(-8.64e15);

/**
 * Values that `Temporal` cannot represent (`infinity`, the year 290000) become its last or first time. No target
 * accepts such years, so the row is parked with the column's name; an error here would fail every other row of the
 * page.
 */
function readInstant(text: string): Instant {
  try {
    return parseInstant(text);
  } catch {
    return text.startsWith('-') || text.endsWith('BC') ? FIRST_INSTANT : LAST_INSTANT;
  }
}

/** `timestamptz(6)` ⇄ `Temporal.Instant`. The driver returns times as text (see orm.ts), so microseconds are kept. */
export class InstantType extends Type<Instant | null, string | null> {
  override convertToDatabaseValue(value: Instant | string | null): string | null {
    return value instanceof Temporal.Instant ? formatInstant(value) : value;
  }

  override convertToJSValue(value: string | null): Instant | null {
    if (value === null || value === undefined) return null;
    return readInstant(value);
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
    // Midnight in UTC is the same day, for every notation of PostgreSQL (years of five digits, BC, infinity).
    return readInstant(midnightOf(value)).toZonedDateTimeISO('UTC').toPlainDate();
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

/** `timestamptz(6)` as PostgreSQL's own text; see {@link Stamp}. */
export class StampType extends Type<Stamp | null, string | null> {
  override compareAsType(): string {
    return 'string';
  }

  override getColumnType(): string {
    return 'timestamptz(6)';
  }
}

export const stampColumn = () => p.type(StampType).$type<Stamp>();
export const instantColumn = () => p.type(InstantType).$type<Instant>();
export const dateColumn = () => p.type(PlainDateType).$type<Temporal.PlainDate>();
export const textColumn = () => p.text().strictNullable();
export const keyColumn = () => p.bigint('string');

/** Columns of every EMS table. EMS owns these tables: we never change their definition. */
export const auditable = {
  id: keyColumn().primary(),
  modifiedOn: stampColumn(),
};
