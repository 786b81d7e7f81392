import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { takeMoment } from '../../database/detection/lower-bound.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;
let other: Client;

beforeAll(async () => {
  database = await migratedDatabase();
  other = new Client({ connectionString: database.url });
  await other.connect();
});

afterAll(async () => {
  await other?.end();
  await database?.close();
});

test('a transaction that has drawn its id before a moment, and may have written, has a lower id than the moment', async () => {
  await other.query('BEGIN');
  const { rows } = await other.query('SELECT pg_current_xact_id()::text AS id');
  const moment = await takeMoment(database.orm.em.fork());
  expect(BigInt(moment.xid)).toBeGreaterThan(BigInt(rows[0].id));
  expect(BigInt(moment.xmin)).toBeLessThanOrEqual(BigInt(rows[0].id));
  await other.query('COMMIT');
});
