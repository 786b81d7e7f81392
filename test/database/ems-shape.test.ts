import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findMissingColumns, formatMissing } from '../../database/ems-shape.ts';
import { loadEnds } from '../../database/records/load-pairs.ts';
import { SOURCE_ENTITIES, type SourceRowTypes } from '../../database/entities/index.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;

beforeEach(async () => {
  database = await migratedDatabase();
});

afterEach(async () => {
  await database?.close();
});

const TYPES = Object.keys(SOURCE_ENTITIES) as (keyof SourceRowTypes)[];

const missing = async (types = TYPES) => (await findMissingColumns(database.orm.em.fork(), types)).map(formatMissing);

test('EMS as we know it lacks nothing', async () => {
  expect(await missing()).toEqual([]);
});

test('a column that was renamed or dropped, and a table that is not there, are named', async () => {
  await database.client.query('ALTER TABLE person RENAME COLUMN nationality TO nation');
  await database.client.query('ALTER TABLE race DROP COLUMN distance_m');
  await database.client.query('DROP TABLE tag CASCADE');
  expect(await missing()).toEqual(['person.nationality', 'race.distance_m', 'tag']);
  expect(await missing(['Race', 'Event'])).toEqual(['race.distance_m']);
});

test('a column of another type is named with both types; one that reads the same is not', async () => {
  await database.client.query('ALTER TABLE race ALTER COLUMN distance_m TYPE text');
  await database.client.query('ALTER TABLE event ALTER COLUMN starts_on TYPE timestamp');
  await database.client.query('CREATE DOMAIN short_text AS varchar(40)');
  await database.client.query(
    'ALTER TABLE person ALTER COLUMN gender TYPE short_text, ALTER COLUMN city TYPE varchar(200), ALTER COLUMN country TYPE char(2)',
  );
  await database.client.query('ALTER TABLE start_group ALTER COLUMN sequence TYPE smallint');
  expect(await missing()).toEqual([
    'event.starts_on (timestamp without time zone, must be timestamptz)',
    'race.distance_m (text, must be integer)',
  ]);
});

test('a row whose table lacks a column cannot be read: it does not read as empty', async () => {
  const person = await database.ems.insert('person', { last_name: 'Silva', nationality: 'PT' });
  await database.client.query('ALTER TABLE person RENAME COLUMN nationality TO nation');
  await expect(loadEnds(database.orm, 'TAGSERVER', 'Person', person)).rejects.toMatchObject({ code: '42703' });
});
