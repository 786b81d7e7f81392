import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { dueRows } from '../../database/detection/due-query.ts';
import { mailchimp } from '../../targets/mailchimp/process.ts';
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

const plan = async (statement: string, ...values: unknown[]) =>
  (await run(`EXPLAIN ${statement}`, ...values)).map((row) => row['QUERY PLAN']).join('\n');

const rows = (process: string, count: number) => [
  `INSERT INTO sync_person (sync_process, entity_key, remote_id, state, entity_synced_on, updated_on)
   SELECT '${process}', n, n, 'IN_SYNC', now(), now() - n * interval '1 minute' FROM generate_series(1, ${count}) n`,
  `INSERT INTO sync_unique_value (sync_process, entity_type, entity_key, field, value, modified_on, mapping_version)
   SELECT '${process}', 'Person', n, 'email', 'v:' || n, now(), '1' FROM generate_series(1, ${count}) n`,
];

describe('while PostgreSQL has no statistics of a process', () => {
  beforeAll(async () => {
    for (const statement of ['TRUNCATE sync_person, sync_unique_value', ...rows('TAGSERVER', 5_000)])
      await run(statement);
    await run('ANALYZE sync_person, sync_unique_value');
    for (const statement of rows('MAILCHIMP', 500)) await run(statement);
  });

  test('records are looked up by their rows’ keys', async () => {
    const keys = Array.from({ length: 200 }, (_, n) => n + 1);
    expect(
      await plan(
        `SELECT * FROM sync_person sr WHERE sr.sync_process = 'MAILCHIMP' AND sr.entity_key = ANY ($1::bigint[])`,
        keys,
      ),
    ).toMatch(/sync_person_entity.*\n.*Index Cond: \(\(entity_key = ANY/);
  });

  test('rows with an equal value are joined by it', async () => {
    expect(
      await plan(`SELECT v.entity_key FROM sync_unique_value own
        JOIN sync_unique_value v ON v.sync_process = own.sync_process AND v.entity_type = own.entity_type
          AND v.field = own.field AND v.value = own.value
        WHERE own.sync_process = 'MAILCHIMP' AND own.entity_type = 'Person' AND own.field = 'email'
          AND own.entity_key = ANY ('{1,2,3,4,5,6,7,8,9}'::bigint[])`),
    ).not.toMatch(/Join Filter/);
  });

  test('what is due finds records and unique values by their rows’ keys, also if PostgreSQL takes all for a few', async () => {
    await run('TRUNCATE sync_person, sync_unique_value');
    for (const statement of rows('MAILCHIMP', 3_000)) await run(statement);
    const [mapping] = mailchimp.process.mappings;
    if (mapping === undefined) throw new Error('MailChimp has no mapping');
    const detection = { process: 'MAILCHIMP', mapping, mappingVersion: mapping.version, settleMs: 0 } as const;
    const keys = Array.from({ length: 3_000 }, (_, n) => `${n + 1}`);
    const { rows: lines } = await sql<{ 'QUERY PLAN': string }>`
      EXPLAIN SELECT * FROM (${dueRows(detection, { keys })}) due`.execute(database.orm.em.fork().getKysely());
    expect(lines.map((line) => line['QUERY PLAN']).join('\n')).not.toMatch(/Join Filter: \((own_0|sr)\./);
  });
});
