import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ownAccounts } from '../../activities/own-account.ts';
import { forgetRemote } from '../../database/records/forget-remote.ts';
import { compareAccount, recordAccount, recordNewAccounts } from '../../database/records/target-accounts.ts';
import { readSettings } from '../../settings/read-settings.ts';
import { accountsOf } from '../../clients/target-accounts.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(async () => {
  await database?.close();
});

const OLD = new Uint8Array(32).fill(1);
const NEW = new Uint8Array(32).fill(2);
const mailchimp = (list: string) => ({ process: 'MAILCHIMP', account: ['https://us6.api.example/3.0', list] }) as const;

describe('the account that records are about', () => {
  test('is recorded at the first start; another list is another account, and stops the process', async () => {
    const { orm } = database;
    await recordNewAccounts(orm, [mailchimp('one')], [OLD]);
    await recordNewAccounts(orm, [mailchimp('two')], [OLD]);
    expect(await compareAccount(orm.em.fork(), mailchimp('one'), [OLD])).toBe('same');
    await ownAccounts(orm, [mailchimp('one')], [OLD])('MAILCHIMP');
    const error = await ownAccounts(orm, [mailchimp('two')], [OLD])('MAILCHIMP').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ errorClass: 'target-down', code: 'other-account' });
    expect(String(error)).toMatch(/npx ems-sync retarget MAILCHIMP --keep .* --anew/);
  });

  test('is recognised while the key is rotated, and not stored in the clear', async () => {
    const { orm, client } = database;
    await recordNewAccounts(orm, [mailchimp('one')], [NEW, OLD]);
    expect(await compareAccount(orm.em.fork(), mailchimp('one'), [NEW])).toBe('same');
    expect(await compareAccount(orm.em.fork(), mailchimp('one'), [OLD])).toBe('other');
    const { rows } = await client.query('SELECT * FROM sync_target_account');
    expect(JSON.stringify(rows)).not.toMatch(/api\.example|one/);
  });

  test('has a fingerprint without SYNC_KEY, too, which a later SYNC_KEY does not change', async () => {
    const { orm } = database;
    const tagServer = { process: 'TAGSERVER', account: ['https://tags.example'] } as const;
    await recordAccount(orm.em.fork(), tagServer, []);
    expect(await compareAccount(orm.em.fork(), tagServer, [])).toBe('same');
    expect(await compareAccount(orm.em.fork(), tagServer, [NEW])).toBe('same');
    const moved = { ...tagServer, account: ['https://other.example'] };
    expect(await compareAccount(orm.em.fork(), moved, [NEW])).toBe('other');
  });
});

const SETTINGS = {
  DATABASE_URL: 'postgres://nobody@localhost:1/none',
  SYNC_KEY: Buffer.alloc(32, 7).toString('base64'),
  TAGSERVER_URL: 'https://tags.example/',
  TAGSERVER_TOKEN: 'a',
  RUNSIGNUP_URL: 'https://api.example/rest',
  RUNSIGNUP_API_KEY: 'a',
  RUNSIGNUP_API_SECRET: 'a',
  CHATWOOT_URL: 'https://chat.example',
  CHATWOOT_ACCOUNT_ID: '3',
  CHATWOOT_TOKEN: 'a',
  CHATWOOT_INBOX_ID: '1',
  MAUTIC_URL: 'https://mautic.example',
  MAUTIC_USERNAME: 'a',
  MAUTIC_PASSWORD: 'a',
  MAILCHIMP_API_KEY: 'a-us6',
  MAILCHIMP_LIST_ID: 'one',
};
const accounts = (changed: Partial<typeof SETTINGS>) =>
  new Map(accountsOf(readSettings({ ...SETTINGS, ...changed })).map(({ process, account }) => [process, account]));

describe('an account', () => {
  test('stays the same when secrets change, or a slash at the end of an address', () => {
    const changed = accounts({
      TAGSERVER_URL: 'https://tags.example',
      TAGSERVER_TOKEN: 'b',
      RUNSIGNUP_API_KEY: 'b',
      RUNSIGNUP_API_SECRET: 'b',
      CHATWOOT_TOKEN: 'b',
      MAUTIC_USERNAME: 'b',
      MAUTIC_PASSWORD: 'b',
      MAILCHIMP_API_KEY: 'b-us6',
    });
    expect(changed).toEqual(accounts({}));
    expect(changed.size).toBe(5);
  });

  test.each([
    ['TAGSERVER', { TAGSERVER_URL: 'https://b.example' }],
    ['RUNSIGNUP', { RUNSIGNUP_URL: 'https://b.example' }],
    ['CHATWOOT', { CHATWOOT_URL: 'https://b.example' }],
    ['CHATWOOT', { CHATWOOT_ACCOUNT_ID: '4' }],
    ['MAUTIC', { MAUTIC_URL: 'https://b.example' }],
    ['MAILCHIMP', { MAILCHIMP_LIST_ID: 'two' }],
    ['MAILCHIMP', { MAILCHIMP_API_KEY: 'a-us7' }],
  ] as const)('of %s is another one with %j', (process, changed) => {
    expect(accounts(changed).get(process)).not.toEqual(accounts({}).get(process));
  });
});

test('retarget --anew forgets remote ids and cursors of that process alone; refusals, erasures and unlinked rows stay', async () => {
  const { client, orm } = database;
  await client.query(`INSERT INTO sync_person (sync_process, entity_key, remote_id, state, content_hash) VALUES
    ('MAILCHIMP', 1, 'a', 'IN_SYNC', 'h'), ('MAILCHIMP', 2, 'b', 'UNLINKED', 'h'), ('MAILCHIMP', 3, NULL, 'ERASED', NULL),
    ('MAILCHIMP', NULL, 'c', 'REMOVED', NULL), ('MAUTIC', 1, '17', 'IN_SYNC', 'h')`);
  await client.query(`INSERT INTO sync_cursor (sync_process, entity_type, scope, position)
    VALUES ('MAILCHIMP', 'Person', 'changed', now()), ('MAUTIC', 'Person', 'changed', now())`);
  await client.query(`INSERT INTO sync_suppression (sync_process, address_hash, channel, reason, entity_key)
    VALUES ('MAILCHIMP', 'hash', 'email', 'unsubscribed', 1)`);

  expect(await orm.em.fork().transactional((em) => forgetRemote(em, 'MAILCHIMP'))).toBe(3);

  const { rows } = await client.query(
    'SELECT sync_process, entity_key, remote_id, state, content_hash FROM sync_person ORDER BY 1, 2',
  );
  expect(rows.map(Object.values)).toEqual([
    ['MAILCHIMP', '1', null, 'PENDING', null],
    ['MAILCHIMP', '2', null, 'UNLINKED', null],
    ['MAILCHIMP', '3', null, 'ERASED', null],
    ['MAUTIC', '1', '17', 'IN_SYNC', 'h'],
  ]);
  expect((await client.query('SELECT sync_process FROM sync_cursor')).rows).toEqual([{ sync_process: 'MAUTIC' }]);
  expect((await client.query('SELECT entity_key FROM sync_suppression')).rows).toEqual([{ entity_key: '1' }]);
});
