import { describe, expect, test } from '@jest/globals';
import * as fc from '../seeded-fast-check.ts';
import { formatInstant, formatMilliseconds, parseInstant } from '../../sync/instant.ts';

// PostgreSQL's first year, and the last instant that Temporal holds, in microseconds from 1970.
const FIRST = Temporal.Instant.from('-004712-01-01T00:00:00Z').epochNanoseconds / 1_000n;
const LAST = 8_640_000_000_000_000_000n;

const epochMicroseconds = fc.oneof(
  fc.bigInt({ min: FIRST, max: LAST }),
  fc.bigInt({ min: -2_208_988_800_000_000n, max: 4_102_444_800_000_000n }),
  fc.bigInt({ min: -2n, max: 2n }),
);
const instants = epochMicroseconds.map((us) => Temporal.Instant.fromEpochNanoseconds(us * 1_000n));

describe('microseconds survive (pitfall 1)', () => {
  test('whatever the moment: written and read again it is the same', () => {
    fc.assert(
      fc.property(instants, (instant) => expect(parseInstant(formatInstant(instant)).equals(instant)).toBe(true)),
    );
  });

  test('two moments one microsecond apart stay apart', () => {
    fc.assert(
      fc.property(instants, (instant) => {
        const next = instant.subtract({ microseconds: 1 });
        expect(formatInstant(next)).not.toBe(formatInstant(instant));
      }),
    );
  });

  test('as text they sort as in time, within the years that are written with four digits', () => {
    const usual = fc
      .bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n })
      .map((us) => Temporal.Instant.fromEpochNanoseconds(us * 1_000n));
    fc.assert(
      fc.property(usual, usual, (one, other) => {
        const texts = [formatInstant(one), formatInstant(other)] as const;
        expect(Math.sign(Number(texts[0] > texts[1]) - Number(texts[0] < texts[1]))).toBe(
          Temporal.Instant.compare(one, other),
        );
      }),
    );
  });
});

test('a millisecond is cut, never rounded up (pitfall 4)', () => {
  fc.assert(
    fc.property(instants, (instant) => {
      const short = instant.epochNanoseconds - parseInstant(formatMilliseconds(instant)).epochNanoseconds;
      expect(short >= 0n && short < 1_000_000n).toBe(true);
    }),
  );
});

describe("PostgreSQL's notation", () => {
  test.each([
    ['in UTC', '2027-05-15 07:30:00.123456+00', '2027-05-15T07:30:00.123456Z'],
    ['without a fraction', '2027-05-15 07:30:00+00', '2027-05-15T07:30:00.000000Z'],
    ['with zeros left out', '2027-05-15 07:30:00.1+00', '2027-05-15T07:30:00.100000Z'],
    ['in India', '2027-05-15 07:30:00.000001+05:30', '2027-05-15T02:00:00.000001Z'],
    ['in New York', '2027-05-15 07:30:00-04', '2027-05-15T11:30:00.000000Z'],
    ['in New York before it had a zone', '1883-11-18 12:03:57.999999-04:56:02', '1883-11-18T16:59:59.999999Z'],
    ['in a year before 1000', '0999-12-31 23:59:59.999999+00', '0999-12-31T23:59:59.999999Z'],
    ['in the first year', '0001-01-01 00:00:00+00', '0001-01-01T00:00:00.000000Z'],
    ['in the year before it', '0001-12-31 00:00:00+00 BC', '0000-12-31T00:00:00.000000Z'],
    ['in the year of Caesar', '0044-03-15 12:00:00.5+00 BC', '-000043-03-15T12:00:00.500000Z'],
    ['in a year of five digits', '20267-05-15 07:30:00.123456+00', '+020267-05-15T07:30:00.123456Z'],
    ['in a year of six digits', '275760-09-13 00:00:00+00', '+275760-09-13T00:00:00.000000Z'],
    ['that is RFC 3339', '2027-05-15T07:30:00.123456Z', '2027-05-15T07:30:00.123456Z'],
  ])('%s', (_, text, expected) => {
    expect(formatInstant(parseInstant(text))).toBe(expected);
  });

  test.each([
    'infinity',
    '-infinity',
    '294276-12-31 23:59:59.999999+00',
    '2027-05-15 07:30:00',
    '2027-02-30 00:00:00+00',
    '2027-05-15',
    'soon',
    '',
  ])('%j is no instant, and the error says which text and what to do', (text) => {
    expect(() => parseInstant(text)).toThrow(RangeError);
    expect(() => parseInstant(text)).toThrow(
      `"${text}" is no point in time that can be synchronised: correct it in EMS`,
    );
  });
});
