import { describe, expect, test } from '@jest/globals';
import * as fc from '../../seeded-fast-check.ts';
import {
  atWall,
  EASTERN,
  formatMinute,
  formatWall,
  fromUnixSeconds,
  latest,
  parseDay,
  parseMinute,
  parseWallMinutes,
  parseWallSeconds,
  toUnixSeconds,
  wallOf,
} from '../../../targets/runsignup/times.ts';

const minutes = (text: string, zone: string) => atWall(parseWallMinutes(text), zone).toString();

describe('the five forms of RunSignup', () => {
  test("a race's last_modified is Eastern, to the minute", () => {
    expect(minutes('1/11/2019 01:58', EASTERN)).toBe('2019-01-11T06:58:00Z');
    expect(minutes('9/7/2021 15:15', EASTERN)).toBe('2021-09-07T19:15:00Z');
  });

  test("an event's start is at the race's place", () => {
    expect(minutes('3/20/2019 09:00', 'America/Los_Angeles')).toBe('2019-03-20T16:00:00Z');
    expect(minutes('3/20/2019 09:00', 'Europe/Lisbon')).toBe('2019-03-20T09:00:00Z');
  });

  test('a removed registration has Eastern seconds', () => {
    expect(atWall(parseWallSeconds('2021-09-07 15:15:22'), EASTERN).toString()).toBe('2021-09-07T19:15:22Z');
  });

  test('a participant has unix seconds', () => {
    expect(fromUnixSeconds(1_631_042_122).toString()).toBe('2021-09-07T19:15:22Z');
    expect(toUnixSeconds('2021-09-07T19:15:22.999999Z')).toBe(1_631_042_122);
  });

  test('a race has days', () => {
    expect(parseDay('03/20/2019').toString()).toBe('2019-03-20');
    expect(parseDay('3/2/2019').toString()).toBe('2019-03-02');
  });

  test.each(['', '2019-01-11', '13/40/2019 01:58', '2/30/2019 10:00', '1/11/2019 24:00', 'today', '1/11/19 01:58'])(
    'anything else is refused: "%s"',
    (text) => {
      expect(() => parseWallMinutes(text)).toThrow();
      expect(() => parseWallSeconds(text)).toThrow();
      expect(() => parseDay(text)).toThrow();
    },
  );
});

describe('the nights on which clocks change', () => {
  test('01:30 on the night of autumn is the first of the two', () => {
    expect(minutes('11/7/2027 01:30', EASTERN)).toBe('2027-11-07T05:30:00Z');
    expect(atWall(parseWallSeconds('2027-11-07 01:30:15'), EASTERN).toString()).toBe('2027-11-07T05:30:15Z');
    expect(minutes('10/31/2027 01:30', 'Europe/Lisbon')).toBe('2027-10-31T00:30:00Z');
  });

  test('02:30 on the night of spring is shifted forward', () => {
    expect(minutes('3/14/2027 02:30', EASTERN)).toBe('2027-03-14T07:30:00Z');
    expect(minutes('3/28/2027 01:30', 'Europe/Lisbon')).toBe('2027-03-28T01:30:00Z');
  });

  test('the hours around are untouched', () => {
    expect(minutes('11/7/2027 02:00', EASTERN)).toBe('2027-11-07T07:00:00Z');
    expect(minutes('3/14/2027 01:59', EASTERN)).toBe('2027-03-14T06:59:00Z');
    expect(minutes('3/14/2027 03:00', EASTERN)).toBe('2027-03-14T07:00:00Z');
  });

  test('whatever the minute, what is written at a place reads back as the wall time that was written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 80 * 365 * 24 * 60 }),
        fc.constantFrom(EASTERN, 'America/Los_Angeles', 'Europe/Lisbon', 'Australia/Lord_Howe', 'Asia/Kathmandu'),
        (minute, zone) => {
          const wall = wallOf(fromUnixSeconds(minute * 60), zone);
          const read = parseWallSeconds(formatWall(wall));
          expect(read.equals(wall)).toBe(true);
          expect(wallOf(atWall(read, zone), zone).equals(wall)).toBe(true);
        },
      ),
    );
  });
});

test('a start is written as RunSignup takes it', () => {
  expect(formatWall(parseWallMinutes('6/7/2014 08:30'))).toBe('2014-06-07 08:30:00');
});

test('minutes in UTC are one notation, seconds are cut', () => {
  expect(formatMinute(Temporal.Instant.from('2027-06-07T12:30:59.999999Z'))).toBe('2027-06-07T12:30Z');
  expect(formatMinute(parseMinute('2027-06-07T12:30Z'))).toBe('2027-06-07T12:30Z');
  expect(() => parseMinute('2027-06-07T12:30:00+02:00')).toThrow(RangeError);
});

test('the latest of two times is told in time, not in text', () => {
  expect(latest('2027-06-07T12:30:00Z', '2027-06-07T12:30:00.5Z')).toBe('2027-06-07T12:30:00.5Z');
  expect(latest(null, '2027-06-07T12:30:00Z')).toBe('2027-06-07T12:30:00Z');
  expect(latest(null, null)).toBeNull();
});
