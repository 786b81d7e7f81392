import { describe, expect, test } from '@jest/globals';
import { parsePhoneNumber } from 'libphonenumber-js/max';

import { generateFederation } from '../../simulators/ems/index.ts';
import type { Tables } from '../../simulators/ems/index.ts';
import { tagServerScope } from './tagserver-acceptance.ts';

const now = '2026-11-23T12:00:00Z';

function padded(texts: readonly (string | null)[]): boolean {
  return texts.some((text) => text !== null && text.trim() !== '' && text !== text.trim());
}

function duplicates(keys: readonly (string | number)[]): (string | number)[] {
  return keys.filter((key, index) => keys.indexOf(key) !== index);
}

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
