import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { pairContext } from '../../activities/context.ts';
import { deliver } from '../../activities/deliver.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { record } from '../../activities/record.ts';
import { rekey } from '../../clients/rekey/rekey.ts';
import { AdvisoryLocks } from '../../database/advisory-locks.ts';
import { loadPair } from '../../database/records/load-pairs.ts';
import { readSuppressionsOf } from '../../database/records/suppression-list.ts';
import { conflictSubject, writeConflict } from '../../database/records/write-conflict.ts';
import { addressHashes } from '../../sync/address-hash.ts';
import { contentDigest, hashIn } from '../../sync/content-hash.ts';
import { keyedHash } from '../../sync/keyed-hash.ts';
import { seal, unseal } from '../../sync/sealed-values.ts';
import { keyName } from '../../sync/secret-hash.ts';
import { uniqueHash } from '../../sync/unique-value.ts';
import { TARGETS } from '../../targets/index.ts';
import type { RemoteSystem, SendRequest, SendResult } from '../../targets/remote-system.ts';
import { dependenciesWith } from '../activities/dependencies-with.ts';
import { PROGRAM_ROLES } from '../../database/roles/role-names.ts';
import { limitedLogin } from '../database/limited-login.ts';
import type { LimitedLogin } from '../database/login-with.ts';
import { runCli } from './run-cli.ts';
import { migratedDatabase, type MigratedDatabase } from '../database/migrated-database.ts';

const OLD = new Uint8Array(32).fill(1);
const NEW = new Uint8Array(32).fill(2);
const BOTH = [NEW, OLD];
const SETTINGS = { SETTLE_MS: 0, CONSENT_SCOPE: 'target' } as const;

let database: MigratedDatabase;
let locks: AdvisoryLocks;
let login: LimitedLogin | undefined;

beforeAll(async () => {
  database = await migratedDatabase();
  locks = new AdvisoryLocks(database.url);
});

afterEach(async () => {
  await database.client.query(
    'TRUNCATE sync_suppression, sync_conflict, sync_person, sync_unique_value, person CASCADE',
  );
});

afterAll(async () => {
  await locks?.close();
  await database?.close();
  const admin = Object.assign(new URL(database.url), { pathname: '/postgres' });
  await login?.drop(admin.href);
});

const sends: string[] = [];

/** Confirms what is sent, and stores it as it was sent. */
const remote = {
  send: async ({ key, content }: SendRequest): Promise<SendResult> => {
    sends.push(key);
    return { kind: 'sent', remoteId: `r${key}`, remoteModifiedOn: null, stored: content };
  },
} as Partial<RemoteSystem> as RemoteSystem;

const dependencies = (...keys: readonly Uint8Array[]): Dependencies =>
  dependenciesWith({
    orm: database.orm,
    processes: new Map(TARGETS.map(({ process }) => [process.name, { process, remote }])),
    keys,
    locks,
  });

const input = (key: string) => ({ process: 'MAUTIC', type: 'Person', key, attempt: 1, resend: false }) as const;

/** A person whom Mautic has, delivered under the old key. */
async function inStep(email: string): Promise<string> {
  const key = await database.ems.person({ email });
  const context = dependencies(OLD);
  const delivery = await deliver(context, input(key));
  expect(delivery).toMatchObject({ kind: 'created' });
  await record(context, { process: 'MAUTIC', type: 'Person', delivery });
  return key;
}

async function list(email: string, reason: string, key: string | null = null): Promise<void> {
  await database.client.query(
    `INSERT INTO sync_suppression (sync_process, address_hash, channel, entity_key, reason)
     VALUES ('MAUTIC', $1, 'email', $2, $3)`,
    [keyedHash('address:email', email, [OLD]), key, reason],
  );
}

const run = (page = 2, onPage?: () => void) =>
  rekey({
    orm: database.orm,
    keys: BOTH,
    settings: SETTINGS,
    page,
    ...(onPage === undefined ? {} : { onPage }),
  });

/** Every stored text that can be tested with the old key alone. */
async function testableWith(key: Uint8Array): Promise<string[]> {
  const { rows } = await database.client.query<{ text: string }>(
    `SELECT address_hash AS text FROM sync_suppression
     UNION ALL SELECT value FROM sync_unique_value
     UNION ALL SELECT substr(content_hash, 4) FROM sync_person WHERE content_hash IS NOT NULL
     UNION ALL SELECT value FROM sync_person, jsonb_each_text(base) WHERE base IS NOT NULL
     UNION ALL SELECT value FROM sync_person, jsonb_each_text(fingerprint) WHERE fingerprint IS NOT NULL
     UNION ALL SELECT encode(substr(encrypted_values, 1, 4), 'hex') || ':' FROM sync_conflict`,
  );
  return rows.map(({ text }) => text).filter((text) => text?.startsWith(`${keyName(key)}:`));
}

async function sealed(key: string): Promise<void> {
  await database.orm.em.fork().transactional((em) =>
    writeConflict(em, {
      process: 'CHATWOOT',
      type: 'Person',
      key,
      kind: 'lost',
      remoteId: '47',
      fields: ['name'],
      seal: (subject) => seal({ name: 'Eva' }, subject, [OLD]),
    }),
  );
}

const reasonOf = async (email: string, ...keys: readonly Uint8Array[]) => {
  const found = await readSuppressionsOf(database.orm.em.fork(), 'MAUTIC', addressHashes('email', email, keys));
  return [...found.values()].map(({ reason }) => reason);
};

test('a key that has leaked tells nothing any more, and nothing is sent again, though it is stopped after each page', async () => {
  const people = [];
  for (const name of ['ana', 'eva', 'rui']) people.push(await inStep(`${name}@clube.example`));
  const [ana = '', eva = ''] = people;
  // What EMS has changed since is still compared with the old one.
  await database.client.query("UPDATE person SET first_name = 'Iva', modified_on = clock_timestamp() WHERE id = $1", [
    eva,
  ]);
  await list('ana@clube.example', 'unsubscribed', ana);
  await list('rui@clube.example', 'bounced');
  await list('gone@clube.example', 'erased', '99999');
  await sealed(ana);
  expect((await testableWith(OLD)).length).toBeGreaterThan(30);

  let pages = 0;
  for (let stops = 0; stops < 40; stops += 1) {
    let left = stops;
    const outcome = await run(2, () => {
      pages += 1;
      left -= 1;
      if (left < 0) throw new Error('interrupted');
    }).catch((error: Error) => error.message);
    if (outcome !== 'interrupted') break;
  }
  expect(pages).toBeGreaterThan(20);
  expect(await testableWith(OLD)).toEqual([]);

  sends.length = 0;
  // The content of this one has not changed, so even without the old key.
  await database.client.query("DELETE FROM sync_suppression WHERE reason <> 'erased'");
  const [, , rui = ''] = people;
  expect(await deliver(dependencies(NEW), input(rui))).toMatchObject({ kind: 'unchanged' });
  expect(sends).toEqual([]);
  expect(await deliver(dependencies(...BOTH), input(eva))).toMatchObject({ kind: 'updated' });
});

test('an address that EMS has needs the new key alone, an erased one both', async () => {
  const ana = await inStep('ana@clube.example');
  await list('ana@clube.example', 'unsubscribed', ana);
  await list('gone@clube.example', 'erased', '99999');
  const [suppressions] = await run();
  expect(suppressions).toEqual({ what: 'suppression list', counts: { rekeyed: 1, rehashed: 1, unreadable: 0 } });
  expect(await reasonOf('ana@clube.example', NEW)).toEqual(['unsubscribed']);
  expect(await reasonOf('gone@clube.example', NEW, OLD)).toEqual(['erased']);
  expect(await reasonOf('gone@clube.example', NEW)).toEqual([]);
  expect(await reasonOf('gone@clube.example', OLD)).toEqual([]);
});

test('of two lines that become one, the erasure stays', async () => {
  await inStep('ana@clube.example');
  await list('ana@clube.example', 'erased');
  await database.client.query(
    `INSERT INTO sync_suppression (sync_process, address_hash, channel, reason) VALUES ('MAUTIC', $1, 'email', 'bounced')`,
    [keyedHash('address:email', 'ana@clube.example', [NEW])],
  );
  await run();
  expect(await testableWith(OLD)).toEqual([]);
  expect(await reasonOf('ana@clube.example', ...BOTH)).toContain('erased');
});

test('conflicts open with the new key alone, and only as their own', async () => {
  const ana = await inStep('ana@clube.example');
  await sealed(ana);
  await sealed(ana);
  await run();
  const { rows } = await database.client.query<{ id: string; encrypted_values: Buffer }>(
    'SELECT id, encrypted_values FROM sync_conflict ORDER BY id',
  );
  const [first, second] = rows.map(({ id, encrypted_values: values }) => ({
    values,
    subject: conflictSubject({ process: 'CHATWOOT', type: 'Person', key: ana, id, fields: ['name'] }),
    email: conflictSubject({ process: 'CHATWOOT', type: 'Person', key: ana, id, fields: ['email'] }),
  }));
  if (first === undefined || second === undefined) throw new RangeError('two conflicts');
  expect(unseal(first.values, first.subject, [NEW])).toEqual({ name: 'Eva' });
  expect(() => unseal(first.values, first.email, [NEW])).toThrow(RangeError);
  expect(() => unseal(first.values, second.subject, [NEW])).toThrow(RangeError);
});

test('a record from before hashes were keyed is in step, is sent nothing, and loses the plain hash', async () => {
  const ana = await inStep('ana@clube.example');
  const { rows } = await database.client.query<{ content_hash: string }>('SELECT content_hash FROM sync_person');
  const before = await digestOf(ana);
  await database.client.query('UPDATE sync_person SET content_hash = $1', [before]);
  sends.length = 0;
  expect(await deliver(dependencies(OLD), input(ana))).toMatchObject({ kind: 'unchanged' });
  await run();
  const after = await database.client.query<{ content_hash: string }>('SELECT content_hash FROM sync_person');
  expect(after.rows[0]?.content_hash).toMatch(new RegExp(`^v1:${keyName(NEW)}:`));
  expect(hashIn(after.rows[0]?.content_hash ?? '')).not.toBe(hashIn(rows[0]?.content_hash ?? ''));
  expect(await deliver(dependencies(NEW), input(ana))).toMatchObject({ kind: 'unchanged' });
  expect(sends).toEqual([]);
});

test('what is under a key that is not listed is left, and counted', async () => {
  await list('gone@clube.example', 'erased');
  const done = await rekey({ orm: database.orm, keys: [NEW], settings: SETTINGS, page: 2 });
  expect(done[0]).toEqual({ what: 'suppression list', counts: { rekeyed: 0, rehashed: 0, unreadable: 1 } });
  expect(await reasonOf('gone@clube.example', OLD)).toEqual(['erased']);
});

test('unique values come under the new key', async () => {
  await inStep('ana@clube.example');
  await run();
  const { rows } = await database.client.query<{ value: string }>(
    "SELECT DISTINCT value FROM sync_unique_value WHERE sync_process = 'MAUTIC' AND field = 'email' AND value IS NOT NULL",
  );
  expect(rows.map(({ value }) => value)).toEqual([
    uniqueHash({ name: 'email', scope: null }, 'ana@clube.example', [NEW]),
  ]);
});

/** What a record held before its hash was keyed. */
async function digestOf(key: string): Promise<string> {
  const { orm, detection, mapping } = pairContext(dependencies(OLD), input(key));
  const { entity, sources } = await loadPair(orm, detection, key);
  if (entity === null) throw new RangeError(key);
  const mapped = mapping.map(entity, sources);
  if (mapped.kind !== 'mapped') throw new RangeError(mapped.reason);
  return contentDigest(mapped.content);
}

test('with the workers’ login the command says which one may change erased lines, and changes none', async () => {
  await list('gone@clube.example', 'erased');
  login = await limitedLogin(database.url, PROGRAM_ROLES.worker);
  const settings = {
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    SYNC_KEY: BOTH.map((key) => Buffer.from(key).toString('base64')).join(),
  };
  const refused = await runCli(['rekey'], { ...settings, DATABASE_URL: login.url });
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toContain(
    'this login may not change erased lines: run rekey with the one that migrate runs with',
  );
  expect(await reasonOf('gone@clube.example', OLD)).toEqual(['erased']);
  const done = await runCli(['rekey', '--json'], { ...settings, DATABASE_URL: database.url });
  expect(done.code).toBe(0);
  expect(JSON.parse(done.stdout)[0]).toMatchObject({ what: 'suppression list', rehashed: 1 });
});
