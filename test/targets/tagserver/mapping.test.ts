import { describe, expect, test } from '@jest/globals';
import type { EmsRows } from '../../../database/entities/index.ts';
import type { EntityType } from '../../../sync/entity-type.ts';
import { parseInstant } from '../../../sync/instant.ts';
import type { Mapped } from '../../../targets/entity-mapping.ts';
import { mappingOf } from '../../../targets/sync-process.ts';
import { tagServer } from '../../../targets/tagserver/process.ts';

/** Rows as EMS stores them, and the rows that their mapping reads. */
const ROWS: Readonly<Record<string, { row: object; sources: Readonly<Record<string, readonly object[]>> }>> = {
  Organisation: { row: { id: '11', name: ' Clube de Atletismo\u00a0', country: 'PT', kind: 'club' }, sources: {} },
  Event: {
    row: {
      id: '21',
      organisationId: '11',
      name: 'Night Run',
      startsOn: parseInstant('2027-05-15 23:30:00+00'),
      endsOn: parseInstant('2027-05-16 22:59:59.999999+00'),
      timeZone: 'europe/lisbon',
      status: 'OPEN',
    },
    sources: {},
  },
  Person: {
    row: {
      id: '31',
      firstName: 'Zoe\u0308',
      lastName: "O'Brien",
      dateOfBirth: Temporal.PlainDate.from('2000-02-29'),
      gender: 'F',
      nationality: '',
      email: 'zoe@mail.example',
      organisationId: '11',
    },
    sources: { club: [{ id: '11', name: 'Clube de Atletismo' }] },
  },
  Race: {
    row: {
      id: '41',
      eventId: '21',
      name: '10 km',
      startsOn: parseInstant('2027-05-16 00:30:00.123999+01'),
      distanceM: 10_000,
      discipline: 'TRIATHLON',
    },
    sources: {},
  },
  StartGroup: {
    row: { id: '51', raceId: '41', name: 'Wave A', sequence: 0, startsOn: null, capacity: 0 },
    sources: {},
  },
  EventParticipant: {
    row: { id: '61', eventId: '21', raceId: '41', personId: '31', bib: ' 00042 ', status: 'CONFIRMED' },
    sources: { sameBib: [] },
  },
  StartGroupParticipant: { row: { id: '71', startGroupId: '51', eventParticipantId: '61' }, sources: {} },
  Tag: {
    row: { id: '81', code: ' e2801160600002084d2a0001', eventParticipantId: '61', kind: 'SHOE' },
    sources: { participant: [{ id: '61', eventId: '21' }], sameCode: [] },
  },
};

const CONTENTS = {
  Organisation: { name: 'Clube de Atletismo', countryCode: 'PT' },
  Event: {
    organisationId: '11',
    name: 'Night Run',
    startDate: '2027-05-16',
    endDate: '2027-05-16',
    timeZone: 'Europe/Lisbon',
  },
  Person: {
    givenName: 'Zo\u00eb',
    familyName: "O'Brien",
    birthDate: '2000-02-29',
    gender: 'F',
    nationality: null,
    club: 'Clube de Atletismo',
  },
  Race: {
    eventId: '21',
    name: '10 km',
    startAt: '2027-05-15T23:30:00.123Z',
    distanceMetres: 10_000,
    discipline: 'multisport',
  },
  StartGroup: { raceId: '41', name: 'Wave A', sortOrder: 0, plannedStartAt: null, capacity: 0 },
  EventParticipant: { eventId: '21', raceId: '41', personId: '31', bib: '00042', status: 'registered' },
  StartGroupParticipant: { startGroupId: '51', eventParticipantId: '61' },
  Tag: { eventId: '21', code: 'E2801160600002084D2A0001', eventParticipantId: '61', kind: 'uhf-shoe' },
};

function map(type: string, change: object = {}, sources: object = {}): Mapped {
  const specimen = ROWS[type];
  if (specimen === undefined) throw new RangeError(`no specimen of ${type}`);
  return mappingOf(tagServer.process, type as EntityType).map(
    { ...specimen.row, ...change } as EmsRows[EntityType],
    { ...specimen.sources, ...sources } as { readonly [name: string]: readonly EmsRows[EntityType][] },
  );
}

test.each(Object.entries(CONTENTS))('%s becomes what the mapping table says', (type, content) => {
  expect(map(type)).toEqual({ kind: 'mapped', content });
});

test('types come in dependency order: what a row refers to is sent before it', () => {
  const types = tagServer.process.mappings.map(({ type }) => type);
  for (const { type, referencedTypes } of tagServer.process.mappings) {
    for (const referenced of referencedTypes) expect(types.indexOf(referenced)).toBeLessThan(types.indexOf(type));
  }
});

test.each(tagServer.process.mappings.map((mapping) => [mapping.type, mapping] as const))(
  '%s refers only to types that it declares: their arrival must make it due',
  (type, mapping) => {
    const references = mapping.references(ROWS[type]?.row as EmsRows[EntityType]);
    expect(references.map((ref) => ref.type)).toEqual(mapping.referencedTypes);
  },
);

describe('parked, naming the column:', () => {
  const long = 'x'.repeat(256);
  test.each<[type: string, column: string, change: object, field?: string]>([
    ['Organisation', 'a name of blanks', { name: '\u00a0\ufeff ' }, 'name'],
    ['Organisation', 'a name that cannot be seen', { name: '\u200b\u2060' }, 'name'],
    ['Organisation', 'a name of 256 characters', { name: long }, 'name'],
    ['Organisation', 'a name with half a character', { name: 'Club \ud83c' }, 'name'],
    ['Organisation', 'a name with a control character', { name: 'Club\u0007!' }, 'name'],
    ['Organisation', 'a country of three letters', { country: 'PRT' }, 'country'],
    ['Event', 'no organisation (pitfall 20)', { organisationId: null }, 'organisation_id'],
    ['Event', 'an empty key (pitfall 20)', { organisationId: ' ' }, 'organisation_id'],
    ['Event', 'no start', { startsOn: null }, 'starts_on'],
    ['Event', 'a start in the year 20267', { startsOn: parseInstant('20267-05-15 10:00:00+00') }, 'starts_on'],
    ['Event', 'an end in the year 207', { endsOn: parseInstant('0207-05-15 10:00:00+00') }, 'ends_on'],
    ['Event', 'no time zone', { timeZone: '' }, 'time_zone'],
    ['Event', 'an offset for a time zone', { timeZone: '+01:00' }, 'time_zone'],
    ['Event', 'a POSIX time zone', { timeZone: 'GMT+3' }, 'time_zone'],
    ['Person', 'no last name', { lastName: null }, 'last_name'],
    ['Person', 'a birthday in the year 85', { dateOfBirth: Temporal.PlainDate.from('0085-06-01') }, 'date_of_birth'],
    [
      'Person',
      'a birthday in the year 19850',
      { dateOfBirth: Temporal.PlainDate.from('+019850-06-01') },
      'date_of_birth',
    ],
    ['Person', 'an unknown gender', { gender: 'constructor' }, 'gender'],
    ['Race', 'a distance of nothing', { distanceM: 0 }, 'distance_m'],
    ['Race', 'a negative distance', { distanceM: -5 }, 'distance_m'],
    ['Race', 'a key below zero (pitfall 20)', { eventId: '-1' }, 'event_id'],
    ['Race', 'a start before Christ', { startsOn: parseInstant('0044-03-15 12:00:00+00 BC') }, 'starts_on'],
    ['StartGroup', 'a negative capacity', { capacity: -1 }, 'capacity'],
    ['EventParticipant', 'a bib of 17 characters', { bib: '1'.repeat(17) }, 'bib'],
    ['EventParticipant', 'no status', { status: null }, 'status'],
    ['EventParticipant', 'a status of TagServer', { status: 'checked-in' }, 'status'],
    ['Tag', 'no code', { code: null }, 'code'],
    ['Tag', 'a code of 3 digits', { code: 'E28' }, 'code'],
    ['Tag', 'a code of 33 digits', { code: 'E'.repeat(33) }, 'code'],
    ['Tag', 'a code with blanks inside', { code: 'E280 1160' }, 'code'],
    ['Tag', 'a code of ligatures that are hexadecimal in capitals', { code: 'ﬀﬀ' }, 'code'],
  ])('%s with %s', (type, _, change, field) => {
    expect(map(type, change)).toEqual({
      kind: 'parked',
      code: expect.stringMatching(/^field-/),
      field,
      reason: expect.any(String),
    });
  });

  test('a person whose club has a name that is too long, by the club', () => {
    expect(map('Person', {}, { club: [{ name: long }] })).toMatchObject({ kind: 'parked', field: 'organisation.name' });
  });

  test('a tag whose participant is gone, by the participant', () => {
    expect(map('Tag', {}, { participant: [] })).toMatchObject({ kind: 'parked', field: 'event_participant.event_id' });
  });

  test('the reason never quotes the value, which may be personal', () => {
    for (const change of [{ lastName: 'Quixote\u0007' }, { gender: 'Quixote' }, { nationality: 'Quixote' }]) {
      expect(JSON.stringify(map('Person', change))).not.toContain('Quixote');
    }
  });
});

describe('fits, though it looks odd:', () => {
  test.each<[type: string, what: string, change: object, expected: object]>([
    [
      'Organisation',
      'a name of 255 runners beyond the basic plane',
      { name: '🏃'.repeat(255) },
      { name: '🏃'.repeat(255) },
    ],
    [
      'Organisation',
      'a name of 255 letters, each in two code points',
      { name: 'e\u0301'.repeat(255) },
      { name: 'é'.repeat(255) },
    ],
    ['Person', 'a given name that is a number', { firstName: '0' }, { givenName: '0' }],
    [
      'Person',
      'a birthday in 1900',
      { dateOfBirth: Temporal.PlainDate.from('1900-01-01') },
      { birthDate: '1900-01-01' },
    ],
    ['Event', 'an alias of a time zone, which stays', { timeZone: 'Asia/Calcutta' }, { timeZone: 'Asia/Calcutta' }],
    ['Race', 'an event id above 2^53', { eventId: '9007199254740993' }, { eventId: '9007199254740993' }],
    [
      'Race',
      'a start in the hour that comes twice',
      { startsOn: parseInstant('2027-11-07 01:30:00-05') },
      { startAt: '2027-11-07T06:30:00.000Z' },
    ],
    ['EventParticipant', 'a bib with zeros before it', { bib: '00000' }, { bib: '00000' }],
    ['Tag', 'no kind', { kind: ' ' }, { kind: null }],
  ])('%s with %s', (type, _, change, expected) => {
    expect(map(type, change)).toMatchObject({ kind: 'mapped', content: expected });
  });
});

// The database decides which row comes first: test/database/unique-values.test.ts.
test.each([
  [
    'EventParticipant',
    'bib',
    { sameBib: [{ id: '9' }] },
    "is EventParticipant/9's in the same race: one of the two needs another",
  ],
  [
    'Tag',
    'code',
    { participant: [{ id: '61', eventId: '21' }], sameCode: [{ id: '9' }] },
    "is Tag/9's at the same event: one of the two needs another",
  ],
] as const)(
  '%s: a %s that another row has first parks the others, naming whose it is',
  (type, field, sources, reason) => {
    expect(map(type, { id: '61' }, sources)).toEqual({
      kind: 'parked',
      code: type === 'Tag' ? '409-duplicate-tag' : '409-duplicate-bib',
      field,
      reason,
    });
  },
);
