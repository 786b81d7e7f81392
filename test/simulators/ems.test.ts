import { createHash } from 'node:crypto';

import { beforeAll, describe, expect, test } from '@jest/globals';

import { generateFederation, tableOrder } from '../../simulators/ems/index.ts';
import type { Federation, FederationOptions, RowName, Tables } from '../../simulators/ems/index.ts';
import { refusedRows, tagServerScope } from './tagserver-acceptance.ts';

const now = '2026-11-23T12:00:00Z';

function fingerprint(options: FederationOptions): string {
  return createHash('sha256')
    .update(JSON.stringify(generateFederation(options)))
    .digest('hex');
}

function key({ table, id }: RowName): string {
  return `${table}/${id}`;
}

function unique(keys: readonly string[]): boolean {
  return new Set(keys).size === keys.length;
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
