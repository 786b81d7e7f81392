import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadPairs } from '../../database/records/load-pairs.ts';
import { findRows, longestOf } from '../../database/records/find-rows.ts';
import { SOURCE_ENTITIES } from '../../database/entities/index.ts';
import { columnName } from '../../database/column-names.ts';
import { entityTable } from '../../database/table-names.ts';
import { isUnread } from '../../sync/fields.ts';
import { TARGETS } from '../../targets/index.ts';
import { mappingOf } from '../../targets/sync-process.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});

afterAll(async () => {
  await database?.close();
});

const personPairs = (keys: readonly string[]) =>
  TARGETS.filter(({ process }) => process.mappings.some(({ type }) => type === 'Person')).map(async ({ process }) => {
    const mapping = mappingOf(process, 'Person');
    const detection = { process: process.name, mapping, mappingVersion: mapping.version, settleMs: 0 };
    return { name: process.name, mapping, pairs: await loadPairs(database.orm, detection, keys) };
  });

test('a name of 20 MB is not loaded by any target: the row is parked with the column and the limit, the others go on', async () => {
  const ana = await database.ems.person({ email: 'ana@clube.example' });
  const eva = await database.ems.person({ email: 'eva@clube.example' });
  await database.client.query("UPDATE person SET first_name = repeat('x', 20000000) WHERE id = $1", [ana]);
  for (const { name, mapping, pairs } of await Promise.all(personPairs([ana, eva]))) {
    expect(JSON.stringify(pairs).length).toBeLessThan(20_000);
    const [long, short] = pairs.map(({ entity, sources }) => (entity === null ? null : mapping.map(entity, sources)));
    expect([name, long]).toEqual([
      name,
      {
        kind: 'parked',
        code: 'field-too-long',
        field: expect.stringContaining('first_name'),
        reason: 'has more than 20000 bytes, and was not read',
      },
    ]);
    expect(short).toMatchObject({ kind: 'mapped' });
  }
});

/** By type, the properties of the columns that PostgreSQL says are text. */
async function textsOf(type: keyof typeof SOURCE_ENTITIES) {
  const { rows } = await database.client.query<{ name: string }>(
    "SELECT column_name AS name FROM information_schema.columns WHERE table_name = $1 AND data_type = 'text'",
    [entityTable(type)],
  );
  const names = new Set(rows.map(({ name }) => name));
  return Object.keys(SOURCE_ENTITIES[type].meta.properties)
    .map((property) => ({ property, column: columnName(property), longest: longestOf(type, property) }))
    .filter(({ column }) => names.has(column));
}

const TYPES = Object.keys(SOURCE_ENTITIES) as (keyof typeof SOURCE_ENTITIES)[];

test.each(TYPES)('%s: what is as long as the limit is read, and one byte more is not, in any column', async (type) => {
  const table = entityTable(type);
  const texts = await textsOf(type);
  // Without indexes and conditions, which EMS need not have.
  await database.client.query(`ALTER TABLE ${table} RENAME TO former_${table}`);
  await database.client.query(`CREATE TABLE ${table} AS SELECT * FROM former_${table} WITH NO DATA`);
  for (const more of [0, 1]) {
    const columns = ['id', 'modified_on', ...texts.map(({ column }) => column)];
    const values = [`${more}`, 'now()', ...texts.map(({ longest }) => `repeat('x', ${longest + more})`)];
    await database.client.query(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values.join(', ')})`);
  }
  const rows = await findRows(database.orm.em.fork(), type, ['0', '1']);
  const unread = (id: string) => {
    const row = new Map<string, unknown>(Object.entries(rows.find((one) => one.id === id) ?? {}));
    return texts.filter(({ property }) => isUnread(String(row.get(property)))).map(({ property }) => property);
  };
  expect(rows).toHaveLength(2);
  expect(unread('0')).toEqual([]);
  expect(unread('1')).toEqual(texts.map(({ property }) => property));
});
