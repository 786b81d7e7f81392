import { describe, expect, test } from '@jest/globals';
import type { EmsRows } from '../../database/entities/index.ts';
import { Unmappable } from '../../sync/fields.ts';
import { defineMapping } from '../../targets/entity-mapping.ts';
import { columnOf, fieldsAt, rowsOf } from '../../targets/field-declaration.ts';
import { DAY, INSTANT, integerFrom, needed, TEXT, textUpTo, wordOf } from '../../targets/field-kinds.ts';
import { mappingVersion } from '../../targets/mapping-version.ts';
import { defineTwoWayMapping } from '../../targets/two-way-mapping.ts';

const START = Temporal.Instant.from('2027-05-15T08:30:00Z');
const RACE = { id: '7', name: ' 10K ', distanceM: 10_000, startsOn: START, discipline: 'RUN' } as EmsRows['Race'];

const from = rowsOf('Race', { event: { type: 'Event', where: 's.id = e.event_id' } });

interface NumberPlace {
  readonly name: string;
  readonly type: 'number';
}

type Place = NumberPlace | { readonly name: string };

const fields = {
  title: from.ems({ name: 'title' }, from.column('name', needed(textUpTo(80)))),
  metres: from.both<Place>({ name: 'm', type: 'number' }, from.editable('distanceM', integerFrom(1))),
  sport: from.remote({ name: 'sport' }, from.editable('discipline', wordOf({ RUN: 'run', WALK: 'walk' }))),
  event: from.ems(
    { name: 'event' },
    from.computed({ columns: ['event.name'], kind: 'name', map: (_row, { event }) => event[0]?.name ?? null }),
  ),
};

const declaration = { type: 'Race', rules: 1, filter: [], sources: from.sources, fields } as const;
const race = defineTwoWayMapping(declaration);
const SOURCES = { event: [{ name: 'Harbour Run' }] } as never;

describe('a declared field', () => {
  test('is mapped from its column, or from what is computed', () => {
    expect(race.map(RACE, SOURCES)).toEqual({
      kind: 'mapped',
      content: { title: '10K', metres: 10_000, event: 'Harbour Run' },
    });
    expect(race.inbound?.view(RACE, SOURCES)).toMatchObject({ sport: 'run' });
  });

  test('parks the row, naming its column as EMS spells it', () => {
    expect(race.map({ ...RACE, distanceM: -1 }, SOURCES)).toMatchObject({
      kind: 'parked',
      field: 'distance_m',
    });
    expect(race.map({ ...RACE, name: ' ' }, SOURCES)).toMatchObject({ kind: 'parked', field: 'name' });
  });

  test('is written back to its column, unless EMS owns it', () => {
    const remote = { title: 'Other', metres: 5_000, sport: 'walk' };
    expect(race.inbound?.apply(remote, ['title', 'metres', 'sport'], null)).toEqual({
      distanceM: 5_000,
      discipline: 'WALK',
    });
    expect(race.owners).toEqual({ title: 'ems', metres: 'both', sport: 'remote', event: 'ems' });
  });

  test('is found by its place, and tells its columns', () => {
    expect(columnOf(fields, ({ name }) => name === 'm')).toBe('distance_m');
    expect(columnOf(fields, ({ name }) => name === 'nothing')).toBeNull();
    const named = fieldsAt<{ readonly name: string }, { readonly name: 'm' }>(
      fields,
      (at): at is never => at.name === 'm',
    );
    expect(named).toEqual([['metres', { name: 'm', type: 'number' }]]);
  });
});

test.each([
  [TEXT, 'Ana', 'Ana'],
  [TEXT, '', null],
  [TEXT, 7, null],
  [DAY, '1988-02-29', Temporal.PlainDate.from('1988-02-29')],
  [DAY, null, null],
  [INSTANT, '2027-05-15T08:30:00.000Z', START],
  [integerFrom(1), 7, 7],
  [integerFrom(1), '7', null],
  [wordOf({ M: 'm', X: 'm' }), 'm', 'M'],
  [wordOf({ M: 'm' }), 'f', null],
])('%# a kind writes %j as the value of its column', (kind, value, written) => {
  expect((kind as typeof TEXT).write(value as never, undefined)).toEqual(written);
});

test('a needed value that EMS does not have is told by its column', () => {
  expect(() => needed(TEXT).read(['name', null])).toThrow(Unmappable);
});

const conditions = (sql: string) => [{ name: 'one', sql, means: 'is one', change: 'make it one' }];

describe('the version of a mapping', () => {
  const versionOf = (changed: object = {}, changedFields: object = {}) =>
    defineTwoWayMapping({ ...declaration, ...changed, fields: { ...fields, ...changedFields } }).version;

  test.each([
    ['a field', {}, { more: from.ems({ name: 'more' }, from.column('id', needed(TEXT))) }],
    ['a vendor’s name', {}, { title: { ...fields.title, at: { name: 'label' } } }],
    ['how it is set up', {}, { metres: { ...fields.metres, at: { name: 'm', type: 'text' } } }],
    ['a kind', {}, { title: from.ems({ name: 'title' }, from.column('name', needed(textUpTo(81)))) }],
    [
      'a table of words',
      {},
      { sport: from.remote({ name: 'sport' }, from.editable('discipline', wordOf({ RUN: 'r' }))) },
    ],
    ['a column', {}, { title: from.ems({ name: 'title' }, from.column('currency', needed(textUpTo(80)))) }],
    ['an owner', {}, { metres: { ...fields.metres, owner: 'ems' as const } }],
    ['the filter', { filter: conditions('false') }, {}],
    ['the sources', { sources: { event: { type: 'Event', where: 's.id = 1' } } }, {}],
    ['the rules', { rules: 2 }, {}],
  ])('changes with %s', (_, changed, changedFields) => {
    expect(versionOf(changed, changedFields)).not.toBe(versionOf());
  });

  test('does not change with the words that explain a condition', () => {
    const [condition] = conditions('true');
    expect(versionOf({ filter: [{ ...condition, name: 'other', means: 'other', change: 'other' }] })).toBe(
      versionOf({ filter: [condition] }),
    );
  });

  test('has all conditions of the filter', () => {
    const filter = [...conditions('e.name IS NULL OR e.id > 1'), ...conditions('e.capacity > 2')];
    expect(defineMapping({ type: 'Race', filter, fields: {} }).filter).toBe(
      '(e.name IS NULL OR e.id > 1) AND (e.capacity > 2)',
    );
    expect(defineMapping({ type: 'Race', filter: [], fields: {} }).filter).toBe('true');
  });

  test('does not change with the layout of SQL, the order of fields, or another mapping', () => {
    const before = race.version;
    expect(versionOf({ filter: conditions(' true\n') })).toBe(before);
    const reversed = Object.fromEntries(Object.entries(fields).toReversed());
    expect(defineTwoWayMapping({ ...declaration, fields: reversed }).version).toBe(before);
    expect(defineMapping({ type: 'Race', filter: [], fields: {} }).version).not.toBe(before);
    expect(before).toMatch(/^1-[0-9a-f]{12}$/);
    expect(mappingVersion(3, {})).toMatch(/^3-/);
  });
});
