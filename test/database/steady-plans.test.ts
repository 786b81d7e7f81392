import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { migrate } from '../../database/migrate.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

/** Compared row by row, so many rows take minutes; otherwise a second or two. */
const MANY = 30_000;
const LIMIT = `'1min'`;

let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
  await migrate({ databaseUrl: database.url, withEms: true, notify: true });
});

afterAll(() => database?.close());

const run = async (statement: string, ...values: unknown[]) => (await database.client.query(statement, values)).rows;

/** The statement with a few rows first: the session keeps the plans that are made for these. */
async function oneThenMany(statement: (condition: string) => string): Promise<void> {
  await run(`SET statement_timeout = ${LIMIT}`);
  for (let n = 0; n < 6; n += 1) await run(statement('id = (SELECT min(id) FROM sync_or_ems)'));
  await run(statement('true'));
  await run('RESET statement_timeout');
}

describe('after a statement about one row, the same session writes many', () => {
  test('records, whose journal compares them with what they were', async () => {
    await run(
      `INSERT INTO sync_person (sync_process, entity_key, state, content_hash)
       SELECT 'TAGSERVER', n, 'CREATING', NULL FROM generate_series(1, $1::integer) n`,
      MANY,
    );
    await oneThenMany(
      (condition) =>
        `UPDATE sync_person SET state = 'IN_SYNC', pass = pass + 1, content_hash = pass::text
         WHERE ${condition.replace('sync_or_ems', 'sync_person')}`,
    );
    const [row] = await run(`SELECT count(DISTINCT entity_key)::integer AS count FROM sync_journal`);
    expect(row).toEqual({ count: MANY });
  }, 180_000);

  test('EMS’s rows, with triggers on its tables', async () => {
    const organisation = await database.ems.organisation();
    await run(
      `INSERT INTO person (modified_on, first_name) SELECT now(), 'Ana' FROM generate_series(1, $1::integer)`,
      MANY,
    );
    await run('TRUNCATE sync_outbox');
    await oneThenMany(
      (condition) =>
        `UPDATE person SET organisation_id = CASE WHEN organisation_id IS NULL THEN ${organisation} END WHERE ${condition.replace('sync_or_ems', 'person')}`,
    );
    const rows = await run('SELECT ids IS NULL AS "areMany" FROM sync_outbox ORDER BY id DESC LIMIT 1');
    expect(rows).toEqual([{ areMany: true }]);
  }, 180_000);
});

test('a row is looked up by its key while PostgreSQL has no statistics of its process', async () => {
  await run('TRUNCATE sync_person');
  await run(
    `INSERT INTO sync_person (sync_process, entity_key, remote_id, state, entity_synced_on, updated_on)
     SELECT 'TAGSERVER', n, n, 'IN_SYNC', now(), now() - n * interval '1 minute' FROM generate_series(1, 5000) n`,
  );
  await run('ANALYZE sync_person');
  await run(
    `INSERT INTO sync_person (sync_process, entity_key, remote_id, state, entity_synced_on, updated_on)
     SELECT 'MAILCHIMP', n, n, 'IN_SYNC', now(), now() FROM generate_series(1, 500) n`,
  );
  const [row] = await run(
    `EXPLAIN SELECT * FROM sync_person sr WHERE sr.sync_process = 'MAILCHIMP' AND sr.entity_key = ANY ($1::bigint[])`,
    Array.from({ length: 200 }, (_, n) => n + 1),
  );
  expect(row['QUERY PLAN']).toContain('sync_person_entity');
});
