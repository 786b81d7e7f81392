import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadPairs } from '../../database/records/load-pairs.ts';
import type { Person, Race } from '../../database/entities/index.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});

afterAll(async () => {
  await database?.close();
});

const detection = (type: 'Person' | 'Race') => ({
  process: 'TAGSERVER' as const,
  mappingVersion: '1',
  settleMs: 0,
  mapping: { type, filter: 'true', sources: {}, referencedTypes: [] },
});

test.each([
  ['2027-05-15', '2027-05-15'],
  ['1988-02-29', '1988-02-29'],
  ['20267-01-01', '+020267-01-01'],
  ['0044-03-15 BC', '-000043-03-15'],
  ['infinity', '+275760-09-13'],
  ['-infinity', '-271821-04-20'],
])('a date of birth %s is read for its row alone, as %s', async (written, read) => {
  const strange = await database.ems.person({ date_of_birth: written });
  const plain = await database.ems.person({ date_of_birth: '1990-01-01' });
  const pairs = await loadPairs(database.orm, detection('Person'), [strange, plain]);
  expect(pairs.map(({ entity }) => String((entity as Person).dateOfBirth))).toEqual([read, '1990-01-01']);
});

test('a start at infinity is read for its row alone', async () => {
  const eventId = await database.ems.event();
  const strange = await database.ems.race(eventId, { starts_on: 'infinity' });
  const plain = await database.ems.race(eventId, { starts_on: '2027-05-15T07:00:00.123456Z' });
  const pairs = await loadPairs(database.orm, detection('Race'), [strange, plain]);
  expect(pairs.map(({ entity }) => String((entity as Race).startsOn))).toEqual([
    '+275760-09-13T00:00:00Z',
    '2027-05-15T07:00:00.123456Z',
  ]);
});
