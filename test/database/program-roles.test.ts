import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { WorkflowNotFoundError, type Client as TemporalClient } from '@temporalio/client';
import { Client } from 'pg';
import { knownKeys } from '../../clients/find-pairs.ts';
import { parentsOf } from '../../clients/parents.ts';
import { explain } from '../../clients/why.ts';
import { findByKeys, findByRemoteIds } from '../../database/records/find-by-remote-id.ts';
import { readSettings } from '../../settings/read-settings.ts';
import { createOrm, type Orm } from '../../database/orm.ts';
import { readReceipts, writeReceipt } from '../../database/records/erasure.ts';
import { enterSuppressions, liftSuppressions } from '../../database/records/suppression-list.ts';
import { installRoles } from '../../database/roles/install-roles.ts';
import { PROGRAM_ROLES, ROLES, SYNC_ROLE, type Program } from '../../database/roles/role-names.ts';
import { entityTable } from '../../database/table-names.ts';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { inboundColumns } from '../../targets/inbound-columns.ts';
import { TARGETS } from '../../targets/index.ts';
import { loginWith, type LimitedLogin } from './login-with.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

const REFUSED = { code: '42501' };
const PROGRAMS = Object.keys(PROGRAM_ROLES) as Program[];

/** Without SYNC_KEY, as the gateway has them. */
const { common: WITHOUT_KEY } = readSettings({
  DATABASE_URL: 'postgres://ems@127.0.0.1:1/ems',
  TEMPORAL_ADDRESS: '127.0.0.1:1',
});

/** Temporal does not matter here: it has no runs. */
const NO_WORKFLOWS = {
  workflow: {
    getHandle: (id: string) => ({
      describe: async () => {
        throw new WorkflowNotFoundError('none', id, undefined);
      },
    }),
  },
} as unknown as TemporalClient;

let database: MigratedDatabase;
let worker: Orm;
const logins: LimitedLogin[] = [];
const clients = new Map<string, Client>();

/** A connection whose login has this role alone. */
const as = (role: string): Client => {
  const client = clients.get(role);
  if (client === undefined) throw new Error(`nobody is logged in with ${role}`);
  return client;
};
const asProgram = (program: Program) => as(PROGRAM_ROLES[program]);

beforeAll(async () => {
  database = await migratedDatabase();
  await installRoles({ databaseUrl: database.url, owned: inboundColumns(TARGETS) });
  for (const role of ROLES) {
    const login = await loginWith(database.url, role);
    logins.push(login);
    const client = new Client({ connectionString: login.url });
    await client.connect();
    clients.set(role, client);
    if (role === PROGRAM_ROLES.worker) worker = await createOrm({ databaseUrl: login.url, poolSize: 2 });
  }
});

afterAll(async () => {
  await worker?.close();
  for (const client of clients.values()) await client.end();
  const admin = new URL(database.url);
  admin.pathname = '/postgres';
  await database.close();
  for (const login of logins) await login.drop(admin.href);
});

beforeEach(async () => {
  await database.client.query('DELETE FROM sync_erasure');
  await database.client.query('DELETE FROM sync_suppression');
});

const writesOf = (program: Program) => {
  const emsTables = [...ENTITY_TYPES.map(entityTable), 'conversation_message'];
  const ems = emsTables.flatMap((table) => [
    `INSERT INTO ${table} (modified_on) VALUES (now())`,
    `UPDATE ${table} SET modified_on = now()`,
    `DELETE FROM ${table}`,
  ]);
  const records = ENTITY_TYPES.flatMap((type) => [
    `UPDATE sync_${entityTable(type)} SET state = 'IN_SYNC'`,
    `DELETE FROM sync_${entityTable(type)}`,
  ]);
  return [
    ...ems,
    ...records,
    "INSERT INTO sync_process_state (name, is_on) VALUES ('TAGSERVER', true)",
    "INSERT INTO sync_erasure (sync_process, entity_type, entity_key, outcome, detail) VALUES ('X', 'Person', 1, 'erased', '')",
    'DELETE FROM sync_suppression',
    "SELECT nextval('sync_pass')",
    'SELECT * FROM sync_conflict',
    ...(program === 'gateway' ? [] : ["INSERT INTO sync_idempotency (key_hash, request_hash) VALUES ('k', 'r')"]),
  ];
};

describe.each(['gateway', 'listener', 'readonly'] as const)('the role of the %s', (program) => {
  test('writes neither EMS nor a record, and opens no conflict', async () => {
    for (const statement of writesOf(program)) {
      const outcome = await asProgram(program)
        .query(statement)
        .then(
          () => 'done',
          ({ code }: { code: string }) => code,
        );
      expect([statement, outcome]).toEqual([statement, REFUSED.code]);
    }
  });
});

/** Asked of PostgreSQL itself: a trigger of a record may refuse a write that the privileges would allow. */
test.each([
  ['gateway', ['sync_alert', 'sync_idempotency', 'sync_webhook']],
  ['listener', []],
  ['readonly', []],
] as const)('the role of the %s may write %j and nothing else', async (program, expected) => {
  const { rows } = await database.client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
       AND (has_any_column_privilege($1, oid, 'INSERT, UPDATE') OR has_table_privilege($1, oid, 'DELETE, TRUNCATE'))
     ORDER BY 1`,
    [PROGRAM_ROLES[program]],
  );
  expect(rows.map(({ name }) => name)).toEqual(expected);
});

describe('what each program needs', () => {
  test.each(['worker', 'listener'] as const)('the %s reads EMS', async (program) => {
    for (const type of ENTITY_TYPES) await asProgram(program).query(`SELECT * FROM ${entityTable(type)}`);
  });

  test.each(['worker', 'gateway', 'listener'] as const)('the %s reads records and what is on', async (program) => {
    for (const type of ENTITY_TYPES) await asProgram(program).query(`SELECT * FROM sync_${entityTable(type)}`);
    await asProgram(program).query('SELECT * FROM sync_process_state, sync_suppression');
  });

  test('of EMS the gateway reads what decides whether a row belongs on a target, and no name, street or message', async () => {
    const gateway = asProgram('gateway');
    for (const type of ENTITY_TYPES) await gateway.query(`SELECT id, modified_on FROM ${entityTable(type)}`);
    for (const hidden of [
      'SELECT * FROM person',
      'SELECT first_name FROM person',
      'SELECT last_name FROM person',
      'SELECT street FROM person',
      'SELECT count(*) FROM person WHERE person IS NOT NULL',
      'SELECT to_jsonb(p) FROM person p',
      'SELECT body FROM conversation_message',
      'COPY person TO STDOUT',
    ])
      await expect(gateway.query(hidden)).rejects.toMatchObject(REFUSED);
  });

  test('the gateway explains a row of every type for every process', async () => {
    const login = logins[ROLES.indexOf(PROGRAM_ROLES.gateway)];
    const orm = await createOrm({ databaseUrl: login?.url ?? '', poolSize: 1 });
    try {
      for (const { process } of TARGETS) {
        for (const { type } of process.mappings) {
          const { rows } = await database.client.query<{ key: string }>(
            `SELECT id AS key FROM ${entityTable(type)} LIMIT 1`,
          );
          const key = rows[0]?.key ?? '1';
          const explained = explain({ orm, client: NO_WORKFLOWS, settings: WITHOUT_KEY }, process, { type, key });
          expect(await explained).toMatchObject({ process: process.name, inEms: rows.length > 0 });
          await knownKeys(orm, process.name, type, [key]);
          await parentsOf(orm, process, [{ process: process.name, type, key }]);
          await findByRemoteIds(orm.em.fork(), process.name, type, ['1']);
          await findByKeys(orm.em.fork(), process.name, type, [key]);
        }
      }
    } finally {
      await orm.close();
    }
  });

  test('the gateway keeps answers, and nothing else', async () => {
    const gateway = asProgram('gateway');
    await gateway.query("INSERT INTO sync_idempotency (key_hash, request_hash) VALUES ('k', 'r')");
    await gateway.query("UPDATE sync_idempotency SET status = 200, answer = ''");
    await gateway.query('DELETE FROM sync_idempotency');
  });

  test('a dashboard reads states and times, and nothing of EMS, no id at a target, no hash and no error text', async () => {
    const dashboard = asProgram('readonly');
    await dashboard.query('SELECT sync_process, state, count(*), max(updated_on) FROM sync_person GROUP BY 1, 2');
    await dashboard.query('SELECT sync_process, entity_key, outcome, erased_on FROM sync_erasure');
    await dashboard.query('SELECT sync_process, reason, since FROM sync_suppression');
    for (const hidden of [
      'SELECT id FROM person',
      'SELECT remote_id FROM sync_person',
      'SELECT base FROM sync_person',
      'SELECT content_hash FROM sync_person',
      'SELECT last_error FROM sync_person',
      'SELECT address_hash FROM sync_suppression',
      'SELECT encrypted_values FROM sync_conflict',
      'SELECT value FROM sync_unique_value',
      'SELECT fingerprint_key FROM sync_installation',
      'SELECT answer FROM sync_idempotency',
    ])
      await expect(dashboard.query(hidden)).rejects.toMatchObject(REFUSED);
  });
});

describe('receipts of erasures', () => {
  const pair = { process: 'MAUTIC', type: 'Person', key: '7' } as const;

  test('are added; the newest counts, and a repeat that finds nothing keeps it', async () => {
    const em = worker.em.fork();
    await writeReceipt(em, pair, { outcome: 'kept', detail: 'archived' });
    await writeReceipt(em, pair, { outcome: 'erased', detail: 'deleted' });
    await writeReceipt(em, pair, { outcome: 'absent', detail: 'nothing' });
    expect(await readReceipts(em, [pair, pair])).toMatchObject([{ outcome: 'erased', detail: 'deleted' }]);
    const { rows } = await database.client.query('SELECT outcome FROM sync_erasure ORDER BY id');
    expect(rows).toEqual([{ outcome: 'kept' }, { outcome: 'erased' }]);
  });

  test.each([...PROGRAMS.map((program) => PROGRAM_ROLES[program]), SYNC_ROLE])(
    'are neither changed nor deleted by %s, even with the privilege',
    async (role) => {
      await writeReceipt(worker.em.fork(), pair, { outcome: 'erased', detail: 'deleted' });
      const changes = ["UPDATE sync_erasure SET detail = ''", 'DELETE FROM sync_erasure', 'TRUNCATE sync_erasure'];
      for (const change of changes) await expect(as(role).query(change)).rejects.toMatchObject(REFUSED);
      await database.client.query(`GRANT SELECT, UPDATE, DELETE ON sync_erasure TO ${role}`);
      for (const change of changes) await expect(as(role).query(change)).rejects.toMatchObject(REFUSED);
      await installRoles({ databaseUrl: database.url, owned: inboundColumns(TARGETS) });
    },
  );
});

async function enter(): Promise<void> {
  const line = { channel: 'email', key: '7' } as const;
  await enterSuppressions(worker.em.fork(), 'MAUTIC', [
    { ...line, addressHash: 'k:gone', reason: 'erased' },
    { ...line, addressHash: 'k:left', reason: 'unsubscribed' },
  ]);
}
async function lines(): Promise<unknown[]> {
  const { rows } = await database.client.query(
    'SELECT address_hash, reason, entity_key FROM sync_suppression ORDER BY 1',
  );
  return rows;
}

describe('erased lines of the suppression list', () => {
  test.each([...PROGRAMS.map((program) => PROGRAM_ROLES[program]), SYNC_ROLE])(
    'are neither changed nor deleted by %s, even with the privilege',
    async (role) => {
      await enter();
      await database.client.query(`GRANT SELECT, UPDATE, DELETE ON sync_suppression TO ${role}`);
      for (const change of [
        "DELETE FROM sync_suppression WHERE reason = 'erased'",
        "UPDATE sync_suppression SET reason = 'unsubscribed' WHERE reason = 'erased'",
        "UPDATE sync_suppression SET address_hash = 'k:other' WHERE reason = 'erased'",
        "UPDATE sync_suppression SET entity_key = 8 WHERE reason = 'erased'",
        "UPDATE sync_suppression SET entity_key = NULL, since = now() WHERE reason = 'erased'",
      ])
        await expect(as(role).query(change)).rejects.toMatchObject(REFUSED);
      expect(await lines()).toMatchObject([{ reason: 'erased', entity_key: '7' }, { reason: 'unsubscribed' }]);
      await installRoles({ databaseUrl: database.url, owned: inboundColumns(TARGETS) });
    },
  );

  test('let go of an id that EMS has given out again; other refusals are lifted as before', async () => {
    await enter();
    await asProgram('worker').query("UPDATE sync_suppression SET entity_key = NULL WHERE sync_process = 'MAUTIC'");
    const question = { key: null, hashes: ['k:gone', 'k:left'], channels: ['email'] } as const;
    expect(await liftSuppressions(worker.em.fork(), 'MAUTIC', question)).toBe(1);
    expect(await lines()).toEqual([{ address_hash: 'k:gone', reason: 'erased', entity_key: null }]);
  });
});

test('without the privilege to make roles, migrate grants to those that are there and says which are missing', async () => {
  const name = `poor_${randomBytes(6).toString('hex')}`;
  await database.client.query(`CREATE ROLE ${name} LOGIN PASSWORD 'poor' IN ROLE postgres`);
  try {
    const { href } = Object.assign(new URL(database.url), { username: name, password: 'poor' });
    const absent = `absent_${name}`;
    const options = { databaseUrl: href, owned: inboundColumns(TARGETS), roles: [...ROLES, absent] };
    await expect(installRoles(options)).rejects.toThrow(`the role ${absent} cannot be made`);
    const { roles, lacking } = await installRoles({ ...options, mayLack: true });
    expect(roles).toEqual(ROLES);
    expect(lacking).toEqual([expect.stringContaining(`CREATE ROLE ${absent} NOLOGIN`)]);
  } finally {
    await database.client.query(`DROP ROLE ${name}`);
  }
});
