import { describe, expect, test } from '@jest/globals';
import * as fc from '../../seeded-fast-check.ts';
import { SyncError } from '../../../sync/sync-error.ts';
import { canonicalBib } from '../../../targets/runsignup/bibs.ts';
import { formatDistance, parseDistance } from '../../../targets/runsignup/distance.ts';
import { canBeSent, formatPhone, parsePhone, phoneOfEms } from '../../../targets/runsignup/phones.ts';
import { parseEventId, parseRaceId, parseRegistrationId, parseUserId } from '../../../targets/runsignup/remote-ids.ts';

describe('distances', () => {
  test.each([
    ['10K', 10_000],
    ['5 km', 5_000],
    ['8k', 8_000],
    ['13.1 Miles', 21_082],
    ['1 mile', 1_609],
    ['.5 Mi', 805],
    ['Half Marathon', 21_098],
    [' MARATHON ', 42_195],
    ['400 meters', 400],
    ['100 Yards', 91],
    ['10,000 m', 10_000],
    ['21.0975K', 21_098],
  ])('%s is %d m', (text, metres) => expect(parseDistance(text)).toBe(metres));

  test.each(['', 'Fun Run', '10', 'K', '0K', '10K / 5K', '24 hours', 'constructor', '-5K', '5 toString'])(
    '"%s" is left alone',
    (text) => expect(parseDistance(text)).toBeUndefined(),
  );

  test('what is written reads back to the metre', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999_999 }), (metres) =>
        expect(parseDistance(formatDistance(metres))).toBe(metres),
      ),
    );
  });
});

describe('phones', () => {
  test("RunSignup's form is American, whatever its dashes", () => {
    expect(parsePhone('856-850-1510', 'US')).toBe('+18568501510');
    expect(parsePhone('(856) 850-1510', 'CA')).toBe('+18568501510');
    expect(parsePhone('8568501510', null)).toBe('+18568501510');
    expect(parsePhone('856-850-1510', 'PT')).toBe('+18568501510');
  });

  test('a foreign number is read by the country of the address', () => {
    expect(parsePhone('912 345 678', 'PT')).toBe('+351912345678');
    expect(parsePhone('+351 912 345 678', 'US')).toBe('+351912345678');
  });

  test('a number that is not certain is left alone', () => {
    expect(parsePhone('912345678', 'US')).toBeUndefined();
    expect(parsePhone('12345', 'PT')).toBeUndefined();
    expect(parsePhone('call me', 'US')).toBeUndefined();
    expect(parsePhone('856-850-1510', 'IN')).toBeUndefined();
    expect(parsePhone('912345678', 'XX')).toBeUndefined();
  });

  test('only North American numbers are sent, and come back as what was sent', () => {
    expect(canBeSent('+351912345678')).toBe(false);
    expect(canBeSent(phoneOfEms('call me', 'US'))).toBe(false);
    expect(canBeSent('+18568501510')).toBe(true);
    expect(parsePhone(formatPhone('+18568501510'), 'US')).toBe('+18568501510');
  });
});

test('a bib is a number: leading zeros say nothing, letters are none', () => {
  expect(canonicalBib('007')).toBe('7');
  expect(canonicalBib('0')).toBe('0');
  expect(canonicalBib('A7')).toBeUndefined();
  expect(canonicalBib('-7')).toBeUndefined();
  expect(canonicalBib('1.5')).toBeUndefined();
  expect(canonicalBib('9007199254740993')).toBeUndefined();
});

describe('remote ids', () => {
  test('each names its parents', () => {
    expect(parseRaceId('567@9')).toEqual({ raceId: '567', daysId: '9' });
    expect(parseRaceId('567')).toEqual({ raceId: '567', daysId: null });
    expect(parseEventId('567/12890')).toEqual({ raceId: '567', eventId: '12890' });
    expect(parseRegistrationId('567/12890/2645624')).toEqual({
      raceId: '567',
      eventId: '12890',
      registrationId: '2645624',
    });
    expect(parseUserId('123123123')).toBe('123123123');
  });

  test.each([
    [parseRaceId, '567@', /567@9/],
    [parseRaceId, '567/12890', /567@9/],
    [parseRaceId, '0', /567@9/],
    [parseEventId, '567@9', /567\/12890/],
    [parseRegistrationId, '567/12890', /567\/12890\/2645624/],
    [parseRegistrationId, '567/12890/x', /567\/12890\/2645624/],
    [parseUserId, '../admin', /123123123/],
  ] as const)('%p refuses "%s" and says what it should be', (parse, id, expected) => {
    let thrown: unknown;
    try {
      parse(id);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SyncError);
    expect(thrown).toMatchObject({ errorClass: 'rejected', message: expect.stringMatching(expected) });
  });
});
