import * as fc from '../../seeded-fast-check.ts';
import { parseInstant, type Instant } from '../../../sync/instant.ts';
import type { Kind } from './kind.ts';
import { respellCapitals, sameButCapitals, wildText } from './text-kinds.ts';

// Lisbon and New York in the nights of clock changes: the skipped hour and the repeated one.
const CLOCK_CHANGES = [
  '2027-03-28T00:59:59.999999Z',
  '2027-10-31T01:30:00Z',
  '2027-03-14T07:30:00Z',
  '2027-11-07T05:30:00Z',
  '2027-11-07T06:30:00Z',
];
const ODD_TIMES = [
  '1900-01-01T00:00:00Z',
  '2028-02-29T23:59:59.999999Z',
  '1969-12-31T23:59:59.9999Z',
  ...CLOCK_CHANGES,
];

const microseconds = (from: string, until: string) =>
  fc
    .bigInt({ min: parseInstant(from).epochNanoseconds / 1_000n, max: parseInstant(until).epochNanoseconds / 1_000n })
    .map((us) => Temporal.Instant.fromEpochNanoseconds(us * 1_000n));

const anyTime: fc.Arbitrary<Instant> = fc.oneof(
  microseconds('1900-01-02T00:00:00Z', '2100-01-01T00:00:00Z'),
  fc.constantFrom(...ODD_TIMES).map(parseInstant),
);

/** As PostgreSQL writes it for a session with that offset. */
function writtenIn(offset: string, instant: Instant): string {
  return `${instant.toZonedDateTimeISO(offset).toPlainDateTime().toString().replace('T', ' ')}${offset}`;
}

const respellTime = (value: unknown): fc.Arbitrary<unknown> =>
  value instanceof Temporal.Instant
    ? fc
        .tuple(
          fc.constantFrom('+00:00', '+05:30', '-03:00', '+14:00', '-12:00', '+00:01'),
          fc.integer({ min: 0, max: 999 }),
        )
        .map(([offset, us]) => {
          const instant = Temporal.Instant.fromEpochMilliseconds(value.epochMilliseconds).add({ microseconds: us });
          return parseInstant(writtenIn(offset, instant));
        })
    : fc.constantFrom(null, undefined);

const wildTime = fc.option(
  fc.oneof(
    anyTime,
    fc
      .constantFrom(
        '0044-03-15 12:00:00+00 BC',
        '0202-06-01 10:00:00+00',
        '0999-12-31 23:59:59.999999+00',
        '20267-06-01 10:00:00+00',
        '9999-12-31 23:59:59.999999+00',
        '1000-01-01 00:00:00+00',
      )
      .map(parseInstant),
  ),
);

/** A time that TagServer stores with millisecond precision. */
export const milliseconds: Kind = {
  valid: fc.option(anyTime),
  wild: wildTime,
  respell: respellTime,
  same: (one, other) =>
    (one as Instant | null | undefined)?.epochMilliseconds === (other as Instant | null | undefined)?.epochMilliseconds,
  optional: true,
};

const day = (zone: string, value: unknown) =>
  new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format((value as Instant).epochMilliseconds);

/** A time of which TagServer stores only the local day. */
export const localDay = (zone: string): Kind => ({
  ...milliseconds,
  valid: anyTime,
  same: (one, other) => day(zone, one) === day(zone, other),
  optional: false,
});

const ZONES = [
  'Europe/Lisbon',
  'America/New_York',
  'Asia/Kolkata',
  'Asia/Calcutta',
  'Pacific/Apia',
  'UTC',
  'Etc/GMT+3',
];

export const timeZone: Kind = {
  valid: fc.constantFrom(...ZONES),
  wild: fc.oneof(
    fc.constantFrom(...Intl.supportedValuesOf('timeZone'), ...ZONES, 'europe/lisbon', 'utc', 'GMT', 'EST5EDT', 'W-SU'),
    fc.constantFrom(
      'GMT+3',
      '+01:00',
      '−03:00',
      '-03',
      'Z',
      'Lisbon',
      'Europe / Lisbon',
      'CEST',
      'Mars/Phobos',
      '2027-01-01T00:00Z[Europe/Lisbon]',
    ),
    wildText,
  ),
  respell: respellCapitals,
  same: sameButCapitals,
};

const ODD_DAYS = ['1900-01-01', '2000-02-29', '2028-02-29', '1999-12-31'];
const birthdays = fc.oneof(
  fc.integer({ min: -40_000, max: 20_000 }).map((days) => Temporal.PlainDate.from('1970-01-01').add({ days })),
  fc.constantFrom(...ODD_DAYS).map((text) => Temporal.PlainDate.from(text)),
);

export const birthDate: Kind = {
  valid: fc.option(birthdays),
  wild: fc.option(
    fc.oneof(
      birthdays,
      fc
        .constantFrom('-000043-03-15', '0085-06-01', '0999-12-31', '1000-01-01', '9999-12-31', '+010000-01-01')
        .map((text) => Temporal.PlainDate.from(text)),
    ),
  ),
  respell: (value) => (value === null ? fc.constantFrom(null, undefined) : fc.constant(value)),
  same: (one, other) =>
    (one as Temporal.PlainDate | null)?.toString() === (other as Temporal.PlainDate | null)?.toString(),
  optional: true,
};
