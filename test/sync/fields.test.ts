import { describe, expect, test } from '@jest/globals';
import {
  calendarDate,
  instant,
  integer,
  localDate,
  oneOf,
  pattern,
  required,
  requiredText,
  text,
  timeZone,
  Unmappable,
} from '../../sync/fields.ts';
import { parseInstant } from '../../sync/instant.ts';

/** Field and reason of a value that cannot be mapped. */
function refusal(map: () => unknown): { field: string; reason: string } {
  try {
    map();
  } catch (error) {
    if (error instanceof Unmappable) return { field: error.field, reason: error.reason };
    throw error;
  }
  throw new Error('it was mapped');
}

describe('text', () => {
  test('is canonical, and null if there is none', () => {
    expect(text(['name', ' Zoe\u0308 '])).toBe('Zo\u00eb');
    expect(text(['name', ' '])).toBeNull();
    expect(text(['name', undefined])).toBeNull();
  });

  test('is measured in characters, after composition', () => {
    expect(text(['bib', '🏃'.repeat(4)], 4)).toBe('🏃'.repeat(4));
    expect(text(['bib', 'e\u0301'.repeat(4)], 4)).toBe('\u00e9'.repeat(4));
    expect(text(['bib', `  1234${' '.repeat(300)}`], 4)).toBe('1234');
    expect(refusal(() => text(['bib', '12345'], 4))).toEqual({
      field: 'bib',
      reason: 'has 5 characters, the target takes 4',
    });
  });

  test.each(['a\u0000b', 'a\tb', 'a\nb', 'a\u007fb', 'a\u0085b', 'a\u009f'])('%j has control characters', (value) => {
    expect(refusal(() => text(['name', value])).reason).toBe('contains control characters');
  });

  test.each(['a\ud83d', '\udfc3b', '\udfc3\ud83c'])('%j has half a character', (value) => {
    expect(refusal(() => text(['name', value])).reason).toContain('half a character');
  });

  test.each([null, undefined, '', '\ufeff', '\u200b'])('%j is not enough where the target must have one', (value) => {
    expect(refusal(() => requiredText(['last_name', value]))).toEqual({
      field: 'last_name',
      reason: 'is empty, and the target needs it',
    });
  });
});

test('required lets zero and false through: they are values', () => {
  expect(required('sequence', 0)).toBe(0);
  expect(required('opted_in', false)).toBe(false);
});

const country = (value: string | null) => pattern(['country', value], /^[A-Z]{2}$/, 'an ISO code');

test('a pattern is held against canonical text', () => {
  expect(country(' PT\n')).toBe('PT');
  expect(country('')).toBeNull();
  expect(refusal(() => country('PRT'))).toEqual({ field: 'country', reason: 'is not an ISO code' });
});

test('a word is looked up among those declared, not among what every object has', () => {
  const words = { RUN: 'run', SWIM: 'multisport' } as const;
  expect(oneOf(['discipline', ' SWIM '], words)).toBe('multisport');
  expect(oneOf(['discipline', null], words)).toBeNull();
  for (const word of ['run', 'TRAIL', 'constructor', '__proto__', 'hasOwnProperty']) {
    expect(refusal(() => oneOf(['discipline', word], words))).toEqual({
      field: 'discipline',
      reason: 'is none of RUN, SWIM',
    });
  }
});

test('a whole number within its limit', () => {
  expect(integer(['capacity', 0], 0)).toBe(0);
  expect(integer(['capacity', null], 0)).toBeNull();
  for (const value of [-1, 0.5, Number.NaN, 2 ** 53]) {
    expect(refusal(() => integer(['capacity', value], 0)).field).toBe('capacity');
  }
});

describe('times', () => {
  test('an instant is cut to milliseconds, before 1970 as well', () => {
    expect(instant(['starts_on', parseInstant('2027-05-15 07:30:00.123999+00')])).toBe('2027-05-15T07:30:00.123Z');
    expect(instant(['starts_on', parseInstant('1969-12-31 23:59:59.999999+00')])).toBe('1969-12-31T23:59:59.999Z');
    expect(instant(['starts_on', null])).toBeNull();
  });

  test.each([
    ['Europe/Lisbon', '2027-05-15 22:59:59.999999+00', '2027-05-15'],
    ['Europe/Lisbon', '2027-05-15 23:00:00+00', '2027-05-16'],
    ['Pacific/Kiritimati', '2027-05-15 10:00:00+00', '2027-05-16'],
    ['Pacific/Pago_Pago', '2027-05-15 10:59:59+00', '2027-05-14'],
    ['America/New_York', '2027-03-14 06:59:59+00', '2027-03-14'],
    ['America/New_York', '2027-11-07 04:00:00+00', '2027-11-07'],
    ['Asia/Kolkata', '2028-02-29 18:29:59.999999+00', '2028-02-29'],
    ['Asia/Kolkata', '2028-02-29 18:30:00+00', '2028-03-01'],
  ])('the day in %s of %s is %s (pitfall 10)', (zone, time, day) => {
    expect(localDate(['starts_on', parseInstant(time)], zone)).toBe(day);
  });

  test('the year is that of the place', () => {
    const lastHour = parseInstant('9999-12-31 23:30:00+00');
    expect(localDate(['ends_on', lastHour], 'America/New_York')).toBe('9999-12-31');
    expect(refusal(() => localDate(['ends_on', lastHour], 'Asia/Tokyo')).field).toBe('ends_on');
  });

  test.each(['0999-12-31', '-000043-03-15', '+010000-01-01'])('the day %s is a slip', (day) => {
    expect(refusal(() => calendarDate(['date_of_birth', Temporal.PlainDate.from(day)]))).toEqual({
      field: 'date_of_birth',
      reason: 'is not within the years 1000 to 9999',
    });
  });

  test.each(['1000-01-01', '1900-01-01', '2028-02-29', '9999-12-31'])('the day %s is one', (day) => {
    expect(calendarDate(['date_of_birth', Temporal.PlainDate.from(day)])).toBe(day);
  });
});

describe('a time zone', () => {
  test.each([
    ['Europe/Lisbon', 'Europe/Lisbon'],
    [' europe/lisbon ', 'Europe/Lisbon'],
    ['AMERICA/ARGENTINA/BUENOS_AIRES', 'America/Argentina/Buenos_Aires'],
    ['america/port-au-prince', 'America/Port-au-Prince'],
    ['Asia/Calcutta', 'Asia/Calcutta'],
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['utc', 'UTC'],
    ['Etc/GMT+3', 'Etc/GMT+3'],
    ['est5edt', 'EST5EDT'],
  ])('%j is %s: capitals are IANA’s, an alias stays', (zone, expected) => {
    expect(timeZone(['time_zone', zone])).toBe(expected);
  });

  test.each(['GMT+3', 'UTC+1', 'Z', 'CEST', 'Lisbon', 'Europe/Lisboa', '2027-01-01T00:00Z[Europe/Lisbon]', '[UTC]'])(
    '%j is none',
    (zone) => {
      expect(refusal(() => timeZone(['time_zone', zone]))).toEqual({
        field: 'time_zone',
        reason: 'is no IANA time zone',
      });
    },
  );

  test.each(['+01:00', '-03', '+0530'])('%s is an offset, which does not know of summer', (zone) => {
    expect(refusal(() => timeZone(['time_zone', zone])).reason).toContain('is an offset');
  });
});
