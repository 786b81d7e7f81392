import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EntitySchema } from '@mikro-orm/core';
import { sql } from 'kysely';
import { SOURCE_ENTITIES } from '../../database/entities/index.ts';
import { findRows } from '../../database/records/find-rows.ts';
import { readRows } from '../../database/records/read-rows.ts';
import { RECORD_ENTITIES } from '../../database/records/sync-record.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});

afterAll(async () => {
  await database?.close();
});

const TABLES: readonly [string, EntitySchema][] = [
  ...Object.entries(SOURCE_ENTITIES),
  ...Object.entries(RECORD_ENTITIES),
].map(([name, entity]) => [(entity as EntitySchema).meta.tableName || name, entity as EntitySchema]);

/** By PostgreSQL's type of a column. */
const VALUES: Readonly<Record<string, readonly [string, string]>> = {
  bigint: ['1', '9007199254740993'],
  integer: ['1', '-7'],
  boolean: ['true', 'false'],
  text: [`'a'`, `E' \\u00e4\\n'`],
  jsonb: [`'{"a": [1, null]}'`, `'{"b": "\\""}'`],
  'timestamp with time zone': [`'2026-11-30 10:00:00.000001+00'`, `'0044-03-15 00:00:00+00 BC'`],
  date: [`'1990-02-28'`, `'infinity'`],
};

/** Three rows: one with values, one with odd ones, and one with none. EMS's own conditions need not hold here. */
async function fill(table: string): Promise<void> {
  const { rows } = await database.client.query<{ name: string; type: string }>(
    `SELECT column_name AS name, data_type AS type FROM information_schema.columns
     WHERE table_schema = current_schema() AND table_name = $1`,
    [table],
  );
  await database.client.query(`ALTER TABLE ${table} RENAME TO former_${table}`);
  await database.client.query(`CREATE TABLE ${table} AS SELECT * FROM former_${table} WITH NO DATA`);
  for (const place of [0, 1] as const) {
    const values = rows.map(({ name, type }) => (name === 'id' ? `${place + 1}` : (VALUES[type]?.[place] ?? 'NULL')));
    await database.client.query(
      `INSERT INTO ${table} (${rows.map(({ name }) => name).join(', ')}) VALUES (${values.join(', ')})`,
    );
  }
  await database.client.query(`INSERT INTO ${table} (id) VALUES (3)`);
}

test.each(TABLES)('%s: rows are plain objects, with the values that their entity declares', async (table, entity) => {
  await fill(table);
  const em = database.orm.em.fork();
  const rows = await readRows<{ id: string }>(em, entity, { where: sql`true ORDER BY id` });
  const entities = await em.find(entity, {}, { orderBy: { id: 'asc' } as never });
  expect(rows).toHaveLength(3);
  expect(rows).toEqual(entities.map((one) => ({ ...(one as object) })));
  expect(rows.map((row) => Object.getPrototypeOf(row))).toEqual([Object.prototype, Object.prototype, Object.prototype]);
  const type = Object.entries(SOURCE_ENTITIES).find(([, one]) => (one as EntitySchema) === entity)?.[0];
  if (type === undefined) return;
  const found = await findRows(em.fork(), type as keyof typeof SOURCE_ENTITIES, ['1', '2', '3']);
  expect(found.toSorted((one, other) => Number(one.id) - Number(other.id))).toEqual(rows);
});
