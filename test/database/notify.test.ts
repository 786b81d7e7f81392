import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { migrate } from '../../database/migrate.ts';
import { tablesWithoutNotify } from '../../database/notify/install-notify.ts';
import { NOTIFY_CHANNEL, readNotification } from '../../database/notify/notification.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;
let listener: Client;
let heard: string[] = [];

beforeAll(async () => {
  database = await migratedDatabase();
  await migrate({ databaseUrl: database.url, withEms: true, notify: true });
  listener = new Client({ connectionString: database.url });
  await listener.connect();
  listener.on('notification', ({ payload = '' }) => heard.push(payload));
  await listener.query(`LISTEN ${NOTIFY_CHANNEL}`);
});

afterAll(async () => {
  await listener?.end();
  await database?.close();
});

beforeEach(() => listening());

/** The notifications since the last call. The SELECT's answer comes after all earlier notifications. */
async function listening(): Promise<string[]> {
  await listener.query('SELECT 1');
  const since = heard;
  heard = [];
  return since;
}

const run = (statement: string, ...values: unknown[]) => database.client.query(statement, values);

async function people(count: number): Promise<string[]> {
  const { rows } = await run(
    `INSERT INTO person (modified_on, last_name) SELECT clock_timestamp(), 'Silva' FROM generate_series(1, $1) RETURNING id`,
    count,
  );
  await listening();
  return rows.map(({ id }: { id: string }) => id);
}

/** The keys in all payloads of a table. */
const keysIn = (payloads: readonly string[]) =>
  payloads.flatMap((payload) => {
    const notification = readNotification(payload);
    return notification?.kind === 'rows' ? notification.keys : [];
  });

describe('a commit tells', () => {
  test('what was inserted, changed and deleted', async () => {
    const person = await database.ems.person();
    expect(await listening()).toEqual([`person ${person}`]);
    await database.ems.update('person', person, { last_name: 'Sousa' });
    expect(await listening()).toEqual([`person ${person}`]);
    await run('UPDATE person SET city = $2 WHERE id = $1', person, 'Lisbon');
    expect(await listening()).toEqual([`person ${person}`]);
    await database.ems.delete('person', person);
    expect(await listening()).toEqual([`person ${person}`]);
  });

  test.each(['organisation', 'event', 'race', 'start_group', 'event_participant', 'start_group_participant', 'tag'])(
    'of %s',
    async (table) => {
      const event = await database.ems.event();
      const race = await database.ems.race(event);
      const group = await database.ems.startGroup(race);
      const participant = await database.ems.participant(event, race);
      await database.ems.startGroupParticipant(group, participant);
      await database.ems.tag(participant, { code: `${Math.floor(Math.random() * 1e9)}` });
      const { rows } = await run(`SELECT max(id) AS id FROM ${table}`);
      expect(await listening()).toContain(`${table} ${rows[0].id}`);
    },
  );

  test('once, however often a transaction has changed a row', async () => {
    const [person] = await people(1);
    await run('BEGIN');
    for (const name of ['One', 'Two', 'Three']) await database.ems.update('person', person ?? '', { last_name: name });
    expect(await listening()).toEqual([]);
    await run('COMMIT');
    expect(await listening()).toEqual([`person ${person}`]);
  });

  test('nothing after a roll-back, whole or in part', async () => {
    const [first, second] = await people(2);
    await run('BEGIN');
    await database.ems.update('person', first ?? '', { last_name: 'Sousa' });
    await run('ROLLBACK');
    expect(await listening()).toEqual([]);
    await run('BEGIN');
    await database.ems.update('person', first ?? '', { last_name: 'Sousa' });
    await run('SAVEPOINT part');
    await database.ems.update('person', second ?? '', { last_name: 'Sousa' });
    await run('ROLLBACK TO SAVEPOINT part');
    await run('COMMIT');
    expect(await listening()).toEqual([`person ${first}`]);
  });

  test('nothing where no row was changed', async () => {
    await run('UPDATE person SET city = $1 WHERE id = -1', 'Lisbon');
    await run('DELETE FROM person WHERE id = -1');
    expect(await listening()).toEqual([]);
  });

  test('a preference as its person, the old and the new one', async () => {
    const [one, other] = await people(2);
    const preference = await database.ems.insert('contact_preference', {
      person_id: one,
      channel: 'EMAIL',
      topic: 'X',
    });
    expect(await listening()).toEqual([`person ${one}`]);
    await database.ems.update('contact_preference', preference, { person_id: other });
    expect(new Set(keysIn(await listening()))).toEqual(new Set([one, other]));
    await database.ems.delete('contact_preference', preference);
    expect(await listening()).toEqual([`person ${other}`]);
  });

  test('a message as its conversation', async () => {
    const [person] = await people(1);
    const conversation = await database.ems.insert('conversation', { person_id: person });
    await listening();
    for (let n = 0; n < 2; n += 1)
      await database.ems.insert('conversation_message', { conversation_id: conversation, body: 'Bom dia' });
    expect(await listening()).toEqual([`conversation ${conversation}`, `conversation ${conversation}`]);
  });
});

describe('a statement that changes many rows', () => {
  test('names up to 1,000, in payloads that fit', async () => {
    const ids = await people(1_000);
    await run('UPDATE person SET city = $2 WHERE id = ANY ($1::bigint[])', ids, 'Lisbon');
    const payloads = await listening();
    expect(payloads).toHaveLength(4);
    expect(new Set(keysIn(payloads))).toEqual(new Set(ids));
  });

  test('names none of more: one notification says that a sweep has to look', async () => {
    const ids = await people(5_000);
    await run('UPDATE person SET city = $2 WHERE id = ANY ($1::bigint[])', ids, 'Lisbon');
    expect(await listening()).toEqual(['person *']);
    await run('DELETE FROM person WHERE id = ANY ($1::bigint[])', ids);
    expect(await listening()).toEqual(['person *']);
    await run(`INSERT INTO person (modified_on) SELECT clock_timestamp() FROM generate_series(1, 1001)`);
    expect(await listening()).toEqual(['person *']);
  });

  test('is short enough with the longest keys that there are', async () => {
    await run(
      `INSERT INTO person (id, modified_on) SELECT 9223372036854770000 + n, clock_timestamp() FROM generate_series(1, 1000) n`,
    );
    const payloads = await listening();
    expect(keysIn(payloads)).toHaveLength(1_000);
    expect(Math.max(...payloads.map(({ length }) => length))).toBeLessThan(8_000);
  });
});

describe('EMS', () => {
  afterEach(async () => {
    await migrate({ databaseUrl: database.url, withEms: true, notify: true });
  });

  test('commits whatever becomes of the notification', async () => {
    const { rows } = await run(`SELECT prosrc FROM pg_proc WHERE proname = 'sync_notify_id'`);
    // The same function, but PostgreSQL rejects its notification.
    const broken = rows[0].prosrc.replaceAll("pg_notify('ems_sync'", "pg_notify(repeat('x', 100)");
    await run(`CREATE OR REPLACE FUNCTION sync_notify_id() RETURNS trigger LANGUAGE plpgsql AS $body$${broken}$body$`);
    const person = await database.ems.person();
    await database.ems.update('person', person, { last_name: 'Sousa' });
    const found = await run('SELECT last_name FROM person WHERE id = $1', person);
    expect(found.rows).toEqual([{ last_name: 'Sousa' }]);
    expect(await listening()).toEqual([]);
  });

  test('commits while a connection that listens takes nothing in', async () => {
    const hanging = new Client({ connectionString: database.url });
    await hanging.connect();
    await hanging.query(`LISTEN ${NOTIFY_CHANNEL}`);
    await hanging.query('BEGIN');
    await hanging.query('SELECT 1');
    const ids = await people(1_000);
    for (let n = 0; n < 20; n += 1) await run('UPDATE person SET city = $2 WHERE id = ANY ($1)', ids, `${n}`);
    expect(keysIn(await listening())).toHaveLength(20_000);
    await hanging.end();
  });

  test('may run under a role of its own that has no right on anything of ours', async () => {
    const role = `ems_${Math.floor(Math.random() * 1e9)}`;
    await run(`CREATE ROLE ${role}`);
    await run(`GRANT SELECT, INSERT, UPDATE, DELETE ON person TO ${role}`);
    await run('BEGIN');
    await run(`SET LOCAL ROLE ${role}`);
    const { rows } = await run('INSERT INTO person (modified_on) VALUES (clock_timestamp()) RETURNING id');
    await run('COMMIT');
    expect(await listening()).toEqual([`person ${rows[0].id}`]);
    await run(`REVOKE ALL ON person FROM ${role}`);
    await run(`DROP ROLE ${role}`);
  });
});

describe('the triggers', () => {
  test('are put on and taken off as often as one likes', async () => {
    expect(await tablesWithoutNotify(listener)).toEqual([]);
    for (let n = 0; n < 2; n += 1) await migrate({ databaseUrl: database.url, withEms: true, notify: false });
    expect(await tablesWithoutNotify(listener)).toHaveLength(11);
    const { rows } = await run(`SELECT FROM pg_proc WHERE proname LIKE 'sync_notify%'`);
    expect(rows).toHaveLength(0);
    await database.ems.person();
    expect(await listening()).toEqual([]);
    // A migration without options leaves the triggers unchanged.
    await migrate({ databaseUrl: database.url, withEms: true });
    expect(await tablesWithoutNotify(listener)).toHaveLength(11);
    for (let n = 0; n < 2; n += 1) await migrate({ databaseUrl: database.url, withEms: true, notify: true });
    expect(await tablesWithoutNotify(listener)).toEqual([]);
    const person = await database.ems.person();
    expect(await listening()).toEqual([`person ${person}`]);
  });

  test('wait for a table that EMS has locked', async () => {
    const ems = new Client({ connectionString: database.url });
    await ems.connect();
    await ems.query('BEGIN');
    await ems.query('LOCK TABLE person IN ROW EXCLUSIVE MODE');
    const installed = migrate({ databaseUrl: database.url, withEms: true, notify: true });
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await ems.query('COMMIT');
    await ems.end();
    await installed;
    expect(await tablesWithoutNotify(listener)).toEqual([]);
  });
});

describe('a payload', () => {
  test.each([
    ['person 1', { kind: 'rows', type: 'Person', keys: ['1'] }],
    [
      'start_group_participant 1,-2,9223372036854775807',
      {
        kind: 'rows',
        type: 'StartGroupParticipant',
        keys: ['1', '-2', '9223372036854775807'],
      },
    ],
    ['tag *', { kind: 'every', type: 'Tag' }],
    ['person', null],
    ['person 1,', null],
    ['person x', null],
    ['nobody 1', null],
    ['', null],
  ])('"%s"', (payload, notification) => {
    expect(readNotification(payload)).toEqual(notification);
  });
});
