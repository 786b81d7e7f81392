import { p, Type } from '@mikro-orm/core';
import { formatInstant, parseInstant, type Instant } from '../../sync/instant.ts';

/** `timestamptz(6)` ⇄ `Temporal.Instant`. The driver hands times over as text (see orm.ts), so microseconds survive. */
export class InstantType extends Type<Instant | null, string | null> {
  override convertToDatabaseValue(value: Instant | string | null): string | null {
    return value instanceof Temporal.Instant ? formatInstant(value) : value;
  }

  override convertToJSValue(value: string | null): Instant | null {
    return value === null || value === undefined ? null : parseInstant(value);
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
    return value === null || value === undefined ? null : Temporal.PlainDate.from(value);
  }

  override compareAsType(): string {
    return 'string';
  }

  override getColumnType(): string {
    return 'date';
  }
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
