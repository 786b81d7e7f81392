import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { removeExpiredRows } from '../../database/records/retention.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(async () => {
  await database?.close();
});

const count = async (table: string): Promise<number> =>
  Number((await database.client.query(`SELECT count(*) FROM ${table}`)).rows[0]?.count);

const DAYS_AGO = ['181', '179'];
const KEPT = { days: 180, journalDays: 180 };

test('rows past their retention are removed and counted; receipts and the suppression list stay', async () => {
  const { client, orm } = database;
  for (const [index, days] of DAYS_AGO.entries()) {
    const then = `clock_timestamp() - interval '${days} days'`;
    await client.query(`INSERT INTO sync_conflict (sync_process, entity_type, entity_key, occurred_on, fields, encrypted_values)
      VALUES ('CHATWOOT', 'Person', 1, ${then}, '{name}', '\\x00')`);
    await client.query(`INSERT INTO sync_oscillation (sync_process, entity_type, entity_key, states, updated_on)
      VALUES ('CHATWOOT', 'Person', ${index}, '[]', ${then})`);
    await client.query(`INSERT INTO sync_hold (sync_process, entity_type, kind, held, linked, examples, held_hash, approved_on)
      VALUES ('CHATWOOT', '${index === 0 ? 'Person' : 'Conversation'}', 'unlink', 1, 1, '{}', '', ${then})`);
    await client.query(`INSERT INTO sync_erasure (sync_process, entity_type, entity_key, outcome, detail, erased_on)
      VALUES ('CHATWOOT', 'Person', ${index}, 'erased', '', ${then})`);
    await client.query(`INSERT INTO sync_journal (written_on, sync_process, entity_type, entity_key, happened)
      VALUES (${then}, 'CHATWOOT', 'Person', 1, 'updated')`);
    await client.query(`INSERT INTO sync_suppression (sync_process, address_hash, channel, reason, since)
      VALUES ('MAUTIC', 'hash-${days}', 'email', 'erased', ${then})`);
  }
  await client.query(`INSERT INTO sync_idempotency (key_hash, request_hash, expires_on)
    VALUES ('over', '', clock_timestamp() - interval '1 second'), ('valid', '', clock_timestamp() + interval '1 hour')`);
  await client.query(`INSERT INTO sync_person (sync_process, entity_key, state) VALUES ('MAILCHIMP', 1, 'PENDING')`);
  await client.query(`INSERT INTO sync_rekey (sync_process, entity_type, entity_key, rekeying_to)
    VALUES ('MAILCHIMP', 'Person', 1, 'a'), ('MAILCHIMP', 'Person', 2, 'b')`);
  await client.query(
    `INSERT INTO sync_person (sync_process, remote_id, state) VALUES ('CHATWOOT', '47', 'PARKED'), ('CHATWOOT', '48', 'SHARED')`,
  );
  await client.query(`INSERT INTO sync_parked_listing (sync_process, entity_type, remote_id)
    VALUES ('CHATWOOT', 'Person', '47'), ('CHATWOOT', 'Person', '48'), ('CHATWOOT', 'Person', '49')`);
  await client.query(`INSERT INTO sync_claim (lock_name, pass, holder, claimed_until)
    VALUES ('dead', 1, '', clock_timestamp() - interval '25 hours'), ('over', 1, '', clock_timestamp() - interval '1 hour')`);
  await client.query(`INSERT INTO sync_page_attempt (holder, pass, claimed_until)
    VALUES ('dead', 1, clock_timestamp() - interval '25 hours'), ('over', 1, clock_timestamp() - interval '1 hour')`);

  expect(await removeExpiredRows(orm, KEPT)).toEqual({
    conflicts: 1,
    answers: 1,
    oscillations: 1,
    intents: 6,
    happenings: 1,
  });

  for (const table of [
    'sync_conflict',
    'sync_oscillation',
    'sync_hold',
    'sync_idempotency',
    'sync_rekey',
    'sync_parked_listing',
    'sync_claim',
    'sync_page_attempt',
    'sync_journal',
  ])
    expect([table, await count(table)]).toEqual([table, 1]);
  expect([await count('sync_erasure'), await count('sync_suppression')]).toEqual([2, 2]);
  expect(await removeExpiredRows(orm, KEPT)).toEqual({
    conflicts: 0,
    answers: 0,
    oscillations: 0,
    intents: 0,
    happenings: 0,
  });
});
