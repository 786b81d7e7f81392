import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { migrate } from '../../database/migrate.ts';
import { EMS_MIGRATIONS, SYNC_MIGRATIONS } from '../../database/migrations/index.ts';
import { createOrm, type MigrationSet } from '../../database/orm.ts';
import { freshDatabase } from '../simulators/fresh-database.ts';

/** A database as the release before `sync-0007-states` left it, with rows. */
let database: { readonly url: string; readonly drop: () => Promise<void> };
let client: Client;

async function migrateTo(set: MigrationSet, name: string): Promise<void> {
  const migrations = set.migrations.slice(0, set.migrations.map((one) => one.name).indexOf(name) + 1);
  const orm = await createOrm({ databaseUrl: database.url, migrationSet: { ...set, migrations }, poolSize: 2 });
  try {
    await orm.migrator.up();
  } finally {
    await orm.close();
  }
}

beforeAll(async () => {
  database = await freshDatabase();
  await migrateTo(EMS_MIGRATIONS, 'ems-0002-addresses');
  await migrateTo(SYNC_MIGRATIONS, 'sync-0006-moving');
  client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query("SET TIME ZONE 'UTC'");
  await client.query(`INSERT INTO person (id, modified_on) SELECT n, '2026-05-01' FROM generate_series(1, 6) n`);
  await client.query(`
    INSERT INTO sync_person (sync_process, entity_id, entity_key, remote_id, state, waiting_for, last_error_class, last_error,
      mapping_version, examined_on, pass, base)
    VALUES
      ('CHATWOOT', 1, 1, '47', 'IN_SYNC', NULL, NULL, NULL, 3, NULL, 11, '{"name":"k:h"}'),
      ('CHATWOOT', 2, 2, NULL, 'LINKED', 'Person/1', NULL, NULL, 3, '2026-05-01 10:00:00.000001Z', 12, NULL),
      ('CHATWOOT', 3, 3, NULL, 'SUPPRESSED', NULL, 'consent', 'erased', 3, '2026-05-01', 13, NULL),
      ('CHATWOOT', 4, 4, '50', 'SUPPRESSED', NULL, 'consent', 'email: unsubscribed', NULL, '2026-05-01', 14, NULL),
      ('CHATWOOT', 5, 5, NULL, 'WAITING', 'Organisation/9', NULL, NULL, 3, '2026-05-01', 15, NULL),
      ('CHATWOOT', 6, 6, NULL, 'PARKED', NULL, 'rejected', 'erased', 3, '2026-05-01', 16, NULL),
      ('RUNSIGNUP', NULL, NULL, '900', 'LINKED', 'Person/1', NULL, NULL, NULL, NULL, 0, NULL)`);
  await client.query(`
    INSERT INTO sync_flip (sync_process, entity_type, entity_key, flips)
    VALUES ('CHATWOOT', 'Person', 1, '[{"hash":"v1:a","at":"2026-05-01T10:00:00Z"}]')`);
  await client.query(`
    INSERT INTO sync_move (sync_process, entity_type, entity_key, moving_to) VALUES ('MAILCHIMP', 'Person', 1, 'abc')`);
});

afterAll(async () => {
  await client?.end();
  await database?.drop();
});

test('rows of the release before are carried over: states, owners, versions, times, and what was under way', async () => {
  expect(await migrate({ databaseUrl: database.url, withEms: true })).toContain('sync-0007-states');

  const { rows } = await client.query(`
    SELECT entity_key, state, shared_with, waiting_for, last_error_class, last_error, mapping_version, evaluated_on::text, pass
    FROM sync_person ORDER BY id`);
  const judgedOn = '2026-05-01 00:00:00+00';
  expect(rows.map(Object.values)).toEqual([
    // The first sweep evaluates it once more to write its fingerprint.
    ['1', 'IN_SYNC', null, null, null, null, null, null, '11'],
    ['2', 'SHARED', '1', null, null, null, '3', '2026-05-01 10:00:00.000001+00', '12'],
    ['3', 'ERASED', null, null, null, null, '3', judgedOn, '13'],
    ['4', 'SUPPRESSED', null, null, 'consent', 'email: unsubscribed', null, judgedOn, '14'],
    ['5', 'WAITING', null, 'Organisation/9', null, null, '3', judgedOn, '15'],
    ['6', 'PARKED', null, null, 'rejected', 'erased', '3', judgedOn, '16'],
    [null, 'SHARED', '1', null, null, null, null, null, '0'],
  ]);
  expect((await client.query('SELECT states FROM sync_oscillation')).rows).toEqual([
    { states: [{ hash: 'v1:a', at: '2026-05-01T10:00:00Z' }] },
  ]);
  expect((await client.query('SELECT rekeying_to FROM sync_rekey')).rows).toEqual([{ rekeying_to: 'abc' }]);
});

test('the states of the release before are gone', async () => {
  const linked = client.query(
    `INSERT INTO sync_person (sync_process, entity_key, state) VALUES ('MAUTIC', 1, 'LINKED')`,
  );
  await expect(linked).rejects.toThrow('sync_person_state_check');
});
