import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { installRoles, SYNC_ROLE } from '../../database/roles/install-roles.ts';
import { createOrm, type Orm } from '../../database/orm.ts';
import { insertEmsRow, updateEmsRow } from '../../database/records/write-ems-row.ts';
import { entityTable } from '../../database/table-names.ts';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { parseInstant } from '../../sync/instant.ts';
import { inboundColumns } from '../../targets/inbound-columns.ts';
import { TARGETS } from '../../targets/index.ts';
import { runCli } from '../clients/run-cli.ts';
import { freshDatabase } from '../simulators/fresh-database.ts';
import { limitedLogin } from './limited-login.ts';
import type { LimitedLogin } from './login-with.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

const REFUSED = { code: '42501' };

let database: MigratedDatabase;
let login: LimitedLogin;
let limited: Client;
let orm: Orm;

beforeAll(async () => {
  database = await migratedDatabase();
  // EMS may use its own sequences for ids, and keep JPA's version column.
  await database.client.query(`
    CREATE SEQUENCE ems_conversation_id;
    ALTER TABLE conversation ALTER id DROP IDENTITY, ALTER id SET DEFAULT nextval('ems_conversation_id'), ADD version bigint;
    CREATE TABLE ems_secret (id bigint)`);
  login = await limitedLogin(database.url);
  limited = new Client({ connectionString: login.url });
  await limited.connect();
  orm = await createOrm({ databaseUrl: login.url, poolSize: 2 });
});
afterAll(async () => {
  await orm.close();
  await limited.end();
  const admin = new URL(database.url);
  admin.pathname = '/postgres';
  await database.close();
  await login.drop(admin.href);
});
afterEach(async () => {
  await database.client.query('DELETE FROM sync_cursor');
});

describe('with the role ems_sync alone', () => {
  test('EMS is read, the whole of it that is ours to read', async () => {
    for (const type of ENTITY_TYPES) await limited.query(`SELECT * FROM ${entityTable(type)}`);
    await limited.query('SELECT * FROM conversation_message');
    await expect(limited.query('SELECT * FROM ems_secret')).rejects.toMatchObject(REFUSED);
  });

  test('rows are made and changed as inbound work does it, under ids of EMS, its versions included', async () => {
    const em = orm.em.fork();
    const person = await insertEmsRow(em, 'Person', {
      firstName: 'Ana',
      lastName: 'Sousa',
      email: 'ana@clube.example',
    });
    const opened = parseInstant('2027-05-01T10:00:00Z');
    const conversation = await insertEmsRow(em, 'Conversation', {
      personId: person.key,
      status: 'OPEN',
      openedOn: opened,
    });
    await insertEmsRow(em, 'ConversationMessage', {
      conversationId: conversation.key,
      author: 'PERSON',
      agentName: null,
      body: 'Hello',
      private: false,
      sentOn: opened,
    });
    const changed = { status: 'RESOLVED' };
    const { key, modifiedOn: readAt } = conversation;
    expect(await updateEmsRow(em, 'Conversation', key, { readAt, changes: changed })).not.toBeNull();
    const { rows } = await database.client.query('SELECT status, version::text FROM conversation WHERE id = $1', [
      conversation.key,
    ]);
    expect(rows).toEqual([{ status: 'RESOLVED', version: '1' }]);
  });

  test.each([
    ['a column that no target owns', "UPDATE person SET nationality = 'PT'"],
    ['a column of a type that is never read back', "UPDATE organisation SET name = 'X'"],
    ['whose tag it is', 'UPDATE tag SET event_participant_id = NULL'],
    ['who wrote a message', "UPDATE conversation_message SET author = 'EMS'"],
    ['a consent', 'UPDATE contact_preference SET opted_in = true'],
    ['a row of a type that is never read back', 'INSERT INTO tag (modified_on) VALUES (now())'],
    ['an id of its own choice', "INSERT INTO person (id, modified_on, first_name) VALUES (1, now(), 'X')"],
    ['a row that goes', 'DELETE FROM person'],
    ['all rows that go', 'TRUNCATE person CASCADE'],
    ['a lock on a table', 'BEGIN; LOCK TABLE person IN ACCESS EXCLUSIVE MODE'],
    ['a definition', 'ALTER TABLE person ADD x text'],
    ['a table of our own that goes', 'DROP TABLE sync_person'],
    ['the list of migrations', 'DELETE FROM sync_migration'],
  ])('%s is refused', async (_what, statement) => {
    await expect(limited.query(statement)).rejects.toMatchObject(REFUSED);
    await limited.query('ROLLBACK');
  });

  test('our own tables and the sequence are worked on, and a row that EMS deletes leaves its record', async () => {
    const id = await database.ems.person({ first_name: 'Rui' });
    const insert =
      "INSERT INTO sync_person (sync_process, entity_id, entity_key, state, pass) VALUES ('CHATWOOT', $1, $1, 'PENDING', nextval('sync_pass'))";
    await limited.query(insert, [id]);
    await limited.query("UPDATE sync_person SET state = 'IN_SYNC' WHERE entity_key = $1", [id]);
    await limited.query("SELECT setval('sync_pass', 1000)");
    await database.client.query('DELETE FROM person WHERE id = $1', [id]);
    const { rows } = await limited.query('SELECT entity_id, state FROM sync_person WHERE entity_key = $1', [id]);
    expect(rows).toEqual([{ entity_id: id, state: 'IN_SYNC' }]);
    await limited.query('DELETE FROM sync_person');
  });
});

describe('the role', () => {
  test('has what this release needs after each installation, and loses what an older one gave', async () => {
    await database.client.query(`GRANT UPDATE (nationality), DELETE ON person TO ${SYNC_ROLE}`);
    await limited.query("UPDATE person SET nationality = 'PT'");
    await installRoles({ databaseUrl: database.url, owned: inboundColumns(TARGETS) });
    await expect(limited.query("UPDATE person SET nationality = 'PT'")).rejects.toMatchObject(REFUSED);
    await limited.query("UPDATE person SET city = 'Faro'");
  });

  test('is not installed by whoever may not give what it needs', async () => {
    const failure = installRoles({ databaseUrl: login.url, owned: inboundColumns(TARGETS) });
    await expect(failure).rejects.toThrow(/person.* belong to postgres: run this with that login/);
  });

  test('cannot be the owner of the tables, whom nothing limits', async () => {
    await database.client.query(`ALTER TABLE person OWNER TO ${SYNC_ROLE}`);
    const failure = installRoles({ databaseUrl: database.url, owned: inboundColumns(TARGETS) });
    await expect(failure).rejects.toThrow(/the role ems_sync owns person: give the tables to another role/);
    await database.client.query('ALTER TABLE person OWNER TO postgres');
  });

  test('is made by migrate --with-roles, and given what is new by every later migrate', async () => {
    const fresh = await freshDatabase();
    const settings = {
      DATABASE_URL: fresh.url,
      TAGSERVER_URL: 'http://127.0.0.1:1',
      TAGSERVER_TOKEN: 'token',
      SYNC_KEY: Buffer.alloc(32, 7).toString('base64'),
    };
    try {
      const first = await runCli(['migrate', '--with-ems', '--with-roles'], settings);
      expect(first.stdout).toContain(
        'the roles ems_sync, ems_sync_worker, ems_sync_gateway, ems_sync_listener, ems_sync_readonly may do what this release needs, and nothing else',
      );
      expect(first.code).toBe(0);
      const admin = new Client({ connectionString: fresh.url });
      await admin.connect();
      // Makes the last migration look new.
      await admin.query('DROP TABLE sync_rekey');
      await admin.query("DELETE FROM sync_migration WHERE name = 'sync-0006-moving'");
      const later = await runCli(['migrate'], settings);
      expect(later.stdout).toContain('ran sync-0006-moving\nthe roles ems_sync, ems_sync_worker, ');
      const { rows } = await admin.query(`SELECT has_table_privilege('${SYNC_ROLE}', 'sync_move', 'INSERT') AS may`);
      expect(rows).toEqual([{ may: true }]);
      await admin.end();
    } finally {
      await fresh.drop();
    }
  });
});
