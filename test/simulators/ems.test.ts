import { createHash } from 'node:crypto';

import { beforeAll, describe, expect, test } from '@jest/globals';
import { parsePhoneNumber } from 'libphonenumber-js/max';

import { generateFederation, tableOrder } from '../../simulators/ems/index.ts';
import type { Federation, FederationOptions, RowName, Tables } from '../../simulators/ems/index.ts';
import { refusedRows, tagServerScope } from './tagserver-acceptance.ts';

const now = '2026-11-23T12:00:00Z';

function fingerprint(options: FederationOptions): string {
  return createHash('sha256')
    .update(JSON.stringify(generateFederation(options)))
    .digest('hex');
}

function padded(texts: readonly (string | null)[]): boolean {
  return texts.some((text) => text !== null && text.trim() !== '' && text !== text.trim());
}

function key({ table, id }: RowName): string {
  return `${table}/${id}`;
}

function unique(keys: readonly string[]): boolean {
  return new Set(keys).size === keys.length;
}

function duplicates(keys: readonly (string | number)[]): (string | number)[] {
  return keys.filter((key, index) => keys.indexOf(key) !== index);
}

const references: readonly [table: keyof Tables, column: string, parent: keyof Tables][] = [
  ['person', 'organisation_id', 'organisation'],
  ['contact_preference', 'person_id', 'person'],
  ['event', 'organisation_id', 'organisation'],
  ['race', 'event_id', 'event'],
  ['start_group', 'race_id', 'race'],
  ['event_participant', 'event_id', 'event'],
  ['event_participant', 'race_id', 'race'],
  ['event_participant', 'person_id', 'person'],
  ['start_group_participant', 'start_group_id', 'start_group'],
  ['start_group_participant', 'event_participant_id', 'event_participant'],
  ['tag', 'event_participant_id', 'event_participant'],
  ['conversation', 'person_id', 'person'],
  ['conversation_message', 'conversation_id', 'conversation'],
];

describe('the same seed gives the same federation', () => {
  test('byte for byte', () => {
    expect(fingerprint({ seed: 4, size: 300, now })).toBe(fingerprint({ seed: 4, size: 300, now }));
  });

  test('and another seed, size or moment another one', () => {
    const all = [
      fingerprint({ seed: 4, size: 300, now }),
      fingerprint({ seed: 5, size: 300, now }),
      fingerprint({ seed: 4, size: 301, now }),
      fingerprint({ seed: 4, size: 300, now: '2026-11-24T12:00:00Z' }),
    ];
    expect(new Set(all).size).toBe(4);
  });

  test.each([0, 10_001, 2.5, Number.NaN])('a size of %p is refused', (size) => {
    expect(() => generateFederation({ seed: 1, size, now })).toThrow(RangeError);
  });
});

describe.each([
  { seed: 1, size: 1 },
  { seed: 2, size: 40 },
  { seed: 1, size: 500 },
  { seed: 77, size: 500 },
  { seed: 1, size: 10_000 },
])('a federation of $size (seed $seed)', (options) => {
  let federation: Federation;
  let tables: Tables;

  beforeAll(() => {
    federation = generateFederation({ ...options, now });
    tables = federation.tables;
  });

  test('has as many persons in the main event, and at TagServer', () => {
    const main = tables.event_participant.filter((row) => row.event_id === federation.mainEventId);
    expect(new Set(main.map((row) => row.person_id)).size).toBe(options.size);
    expect(tagServerScope(tables).person).toHaveLength(options.size);
    expect(tables.person.length).toBeGreaterThan(options.size);
  });

  test('counts its ids from 1', () => {
    for (const table of tableOrder) {
      expect(tables[table].every((row, index) => row.id === index + 1)).toBe(true);
    }
  });

  test('refers only to rows that exist', () => {
    for (const [table, column, parent] of references) {
      const ids = new Set<unknown>(tables[parent].map(({ id }) => id));
      const lost = tables[table].map((row) => Object.entries(row).find(([name]) => name === column)?.[1]);
      expect(lost.filter((id) => id !== null && !ids.has(id))).toEqual([]);
    }
  });

  test('keeps each participant, race and start wave within one event', () => {
    const eventOfRace = new Map(tables.race.map((row) => [row.id, row.event_id]));
    const raceOfGroup = new Map(tables.start_group.map((row) => [row.id, row.race_id]));
    const raceOfParticipant = new Map(tables.event_participant.map((row) => [row.id, row.race_id]));
    expect(tables.event_participant.filter((row) => eventOfRace.get(row.race_id) !== row.event_id)).toEqual([]);
    expect(
      tables.start_group_participant.filter(
        (row) => raceOfGroup.get(row.start_group_id) !== raceOfParticipant.get(row.event_participant_id),
      ),
    ).toEqual([]);
  });

  test('has no duplicate where EMS allows none', () => {
    expect(unique(tables.tag.map(({ code }) => code.toUpperCase()))).toBe(true);
    expect(unique(tables.contact_preference.map((row) => `${row.person_id}/${row.channel}/${row.topic}`))).toBe(true);
    const places = tables.start_group_participant.map((row) => `${row.start_group_id}/${row.event_participant_id}`);
    expect(unique(places)).toBe(true);
    const bibs = tables.event_participant.filter(({ bib }) => bib?.trim());
    expect(unique(bibs.map((row) => `${row.race_id}/${row.bib?.trim()}`))).toBe(true);
    expect(unique(tables.event_participant.map((row) => `${row.race_id}/${row.person_id}`))).toBe(true);
  });

  test('can be delivered to TagServer, all of it', () => {
    expect(refusedRows(tables)).toEqual([]);
  });

  test('was last changed before its own moment', () => {
    const stamps = tableOrder.flatMap((table) => tables[table].map((row) => row.modified_on));
    expect(stamps.filter((stamp) => !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/u.test(stamp) || stamp >= now)).toEqual(
      [],
    );
  });
});

describe('among 500 participants there are', () => {
  const { tables, mainEventId } = generateFederation({ seed: 1, size: 500, now });
  const values = (column: keyof Tables['person'][number]): unknown[] => tables.person.map((row) => row[column]);

  test('families that share an e-mail address and a phone', () => {
    const members = Map.groupBy(
      tables.person.filter(({ email }) => email?.trim()),
      ({ email }) => email?.trim().toLowerCase(),
    );
    const families = [...members.values()].filter((family) => family.length > 1);
    expect(families.length).toBeGreaterThanOrEqual(5);
    expect(families.every((family) => new Set(family.map(({ phone }) => phone)).size === 1)).toBe(true);
    const children = families.flat().filter(({ date_of_birth }) => (date_of_birth ?? '') > '2008-11-23');
    expect(children.length).toBeGreaterThan(0);
  });

  test('people born on a leap day', () => {
    const leapDays = values('date_of_birth').filter((date) => String(date).endsWith('-02-29'));
    expect(leapDays.length).toBeGreaterThanOrEqual(5);
    expect(leapDays.every((date) => Temporal.PlainDate.from(String(date), { overflow: 'reject' }).inLeapYear)).toBe(
      true,
    );
  });

  test.each([
    'Latin',
    'Greek',
    'Cyrillic',
    'Han',
    'Hiragana',
    'Hangul',
    'Arabic',
    'Hebrew',
    'Thai',
    'Georgian',
    'Devanagari',
  ])('names or towns in %s script', (script) => {
    const written = new RegExp(`\\p{Script=${script}}`, 'u');
    const texts = tables.person.map((row) => `${row.first_name} ${row.last_name} ${row.city}`);
    expect(texts.some((text) => written.test(text))).toBe(true);
  });

  test('names with apostrophes, hyphens, diacritics and letters beyond the basic plane, but no emoji', () => {
    const names = tables.person.map((row) => `${row.first_name} ${row.last_name}`);
    for (const oddity of [/'/u, /’/u, /-/u, /[ěłøğ]/u, /[\u{20000}-\u{2A6DF}]/u]) {
      expect(names.some((name) => oddity.test(name))).toBe(true);
    }
    expect(names.filter((name) => /\p{Extended_Pictographic}/u.test(name))).toEqual([]);
  });

  test.each(['email', 'phone', 'city', 'nationality'] as const)('missing and empty values of %s', (column) => {
    expect(values(column)).toContain(null);
    expect(values(column).some((value) => typeof value === 'string' && value.trim() === '')).toBe(true);
  });

  test('blanks around phones, towns, websites and teams', () => {
    expect(padded(tables.person.map(({ phone }) => phone))).toBe(true);
    expect(padded(tables.person.map(({ city }) => city))).toBe(true);
    expect(padded(tables.organisation.map(({ website }) => website))).toBe(true);
    expect(padded(tables.event_participant.map((row) => row.team_name))).toBe(true);
  });

  test('persons with one name, and persons who take part in nothing', () => {
    const takingPart = new Set(tables.event_participant.map((row) => row.person_id));
    const mononyms = tables.person.filter((row) => !row.last_name?.trim());
    expect(mononyms.length).toBeGreaterThanOrEqual(3);
    expect(mononyms.filter(({ id }) => takingPart.has(id))).toEqual([]);
    expect(
      tables.person.filter(({ id, last_name }) => !takingPart.has(id) && last_name?.trim()).length,
    ).toBeGreaterThan(10);
  });

  test('participants of hidden events only, whom TagServer must not get', () => {
    const scope = new Set(tagServerScope(tables).person.map(({ id }) => id));
    const hidden = tables.event_participant.filter((row) => !scope.has(row.person_id));
    expect(hidden.length).toBeGreaterThan(3);
  });

  test('participants without a bib, spare tags, and codes in both cases', () => {
    expect(tables.event_participant.some(({ bib }) => bib === null)).toBe(true);
    expect(tables.event_participant.some(({ bib }) => bib === '')).toBe(true);
    expect(tables.tag.some((row) => row.event_participant_id === null)).toBe(true);
    expect(tables.tag.some(({ code }) => code !== code.toUpperCase())).toBe(true);
    expect(tables.tag.some(({ code }) => code === code.toUpperCase())).toBe(true);
    expect(new Set(tables.tag.map(({ kind }) => kind))).toEqual(new Set(['BIB', 'SHOE', 'BIKE', 'CARD']));
  });

  test('rows of one transaction, with equal times, and rows a microsecond apart', () => {
    for (const table of ['person', 'event_participant', 'tag', 'race'] as const) {
      expect(duplicates(tables[table].map((row) => row.modified_on)).length).toBeGreaterThan(tables[table].length / 3);
    }
    const micros = [...new Set(tables.person.map((row) => row.modified_on))]
      .map((stamp) => Temporal.Instant.from(stamp).epochNanoseconds / 1000n)
      .sort((a, b) => Number(a - b));
    expect(micros.some((stamp, index) => stamp - (micros[index - 1] ?? 0n) === 1n)).toBe(true);
  });

  test('phones that are valid, in E.164, and e-mail addresses that nobody owns', () => {
    const phones = tables.person.map(({ phone }) => phone?.trim()).filter((phone) => phone);
    expect(
      phones.filter(
        (phone) => parsePhoneNumber(phone ?? '').number !== phone || !parsePhoneNumber(phone ?? '').isValid(),
      ),
    ).toEqual([]);
    const emails = [...tables.person, ...tables.organisation]
      .map(({ email }) => email?.trim().toLowerCase())
      .filter((email) => email);
    expect(
      emails.filter((email) => !/^[a-z0-9.-]+@([a-z0-9-]+\.)*(example|example\.(org|com|net))$/u.test(email ?? '')),
    ).toEqual([]);
  });

  test('text in NFC only', () => {
    const text = JSON.stringify(tables);
    expect(text === text.normalize('NFC')).toBe(true);
  });

  test('events in every status and in several time zones, two of them at a clock change', () => {
    expect(new Set(tables.event.map(({ status }) => status))).toEqual(
      new Set(['DRAFT', 'OPEN', 'CLOSED', 'DONE', 'CANCELLED']),
    );
    expect(new Set(tables.event.map((row) => row.time_zone)).size).toBeGreaterThanOrEqual(8);
    const startsNearChange = tables.event.filter((row) => {
      const start = Temporal.Instant.from(row.starts_on).toZonedDateTimeISO(row.time_zone);
      return start.add({ hours: 2 }).offsetNanoseconds !== start.offsetNanoseconds;
    });
    expect(startsNearChange).toHaveLength(2);
  });

  test('two races of one event that start at the same local time, an hour apart', () => {
    const event = tables.event.find(({ id }) => id === 2);
    const starts = tables.race.filter((row) => row.event_id === 2).map((row) => Temporal.Instant.from(row.starts_on));
    const local = starts.map((start) =>
      start
        .toZonedDateTimeISO(event?.time_zone ?? '')
        .toPlainTime()
        .toString(),
    );
    expect(local).toEqual(['02:30:00', '02:30:00']);
    expect(starts[0]?.until(starts[1] ?? '').total('minutes')).toBe(60);
  });

  test('seven races in the main event, with waves, children in the children’s run', () => {
    const races = tables.race.filter((row) => row.event_id === mainEventId);
    expect(new Set(races.map(({ discipline }) => discipline))).toEqual(new Set(['RUN', 'WALK', 'CYCLE', 'TRIATHLON']));
    expect(races).toHaveLength(7);
    const empty = races.filter(({ id }) => !tables.event_participant.some((row) => row.race_id === id));
    expect(empty).toEqual([]);
  });
});

describe('rows that TagServer cannot take', () => {
  test('are there when asked for: exactly the named ones, and nothing depends on them', () => {
    const { tables, impossible } = generateFederation({ seed: 1, size: 500, now, withImpossible: true });
    expect(impossible).toHaveLength(4);
    expect(refusedRows(tables).map(key).sort()).toEqual(impossible.map(key).sort());
    const leaves = impossible.map(({ id, table }) => `${table} ${id}`);
    const children = [
      ...tables.tag.map((row) => `event_participant ${row.event_participant_id}`),
      ...tables.start_group_participant.flatMap((row) => [
        `event_participant ${row.event_participant_id}`,
        `start_group ${row.start_group_id}`,
      ]),
    ];
    expect(children.filter((parent) => leaves.includes(parent))).toEqual([]);
  });
});
