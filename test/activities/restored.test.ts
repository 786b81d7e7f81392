import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { absorb } from '../../activities/absorb.ts';
import { compareRecords } from '../../activities/compare-records.ts';
import { deliver } from '../../activities/deliver.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { findChanged } from '../../activities/find-changed.ts';
import { record } from '../../activities/record.ts';
import { keyedHash } from '../../sync/keyed-hash.ts';
import { startMailchimpInProcess } from '../model/mailchimp-in-process.ts';
import type { MarketingTarget } from '../model/marketing-world.ts';
import { dependenciesWith } from './dependencies-with.ts';
import { lockedDatabase, type LockedDatabase } from '../database/locked-database.ts';

const KEYS = [new Uint8Array(32).fill(7)];
const ADDRESS = 'ana@clube.example';

let database: LockedDatabase;
let mailchimp: MarketingTarget;
let worker: Dependencies;

beforeAll(async () => {
  database = await lockedDatabase();
  mailchimp = await startMailchimpInProcess();
});

beforeEach(async () => {
  await mailchimp.control.reset();
  const { process } = mailchimp;
  const remote = await mailchimp.connect();
  const { orm, locks } = database;
  worker = dependenciesWith({ orm, locks, keys: KEYS, processes: new Map([[process.name, { process, remote }]]) });
});

afterEach(async () => {
  await database.client.query('TRUNCATE sync_suppression, sync_person, sync_unique_value, person CASCADE');
});

afterAll(async () => {
  await mailchimp?.stop();
  await database?.close();
});

async function send(key: string, resend = false) {
  const ref = { process: 'MAILCHIMP', type: 'Person', key } as const;
  const delivery = await deliver(worker, { ...ref, attempt: 1, resend });
  await record(worker, { ...ref, delivery });
  return delivery.kind;
}

const poll = async () =>
  (await findChanged(worker, { process: 'MAILCHIMP', type: 'Person', scope: 'members', page: null })).pairs;

async function person(): Promise<string> {
  const key = await database.ems.person({ email: ADDRESS });
  await database.ems.preference(key, true);
  return key;
}

const refuse = (key: string) =>
  database.client.query(
    `INSERT INTO sync_suppression (sync_process, address_hash, channel, entity_key, reason)
     VALUES ('MAILCHIMP', $1, 'email', $2, 'unsubscribed')`,
    [keyedHash('address:email', ADDRESS, KEYS), key],
  );

const standings = async () => (await mailchimp.contacts()).map(({ standing }) => standing);

describe('EMS restored from a backup, our records with it', () => {
  test('a member of whom they know nothing, and whom EMS does not want mailed, is archived when it is sent again', async () => {
    const key = await person();
    expect(await send(key)).toBe('created');
    await database.client.query('TRUNCATE sync_person CASCADE');
    await database.client.query('UPDATE contact_preference SET opted_in = false WHERE person_id = $1', [key]);
    expect(await send(key)).toBe('nothing');
    expect(await send(key, true)).toBe('removed');
    expect(await standings()).toEqual(['away']);
  });
});

test('what EMS has changed of a member who has refused is no difference that could be repaired', async () => {
  const key = await person();
  expect(await send(key)).toBe('created');
  await refuse(key);
  await database.ems.update('person', key, { first_name: 'Eva' });
  expect(await send(key)).toBe('suppressed');
  const input = { process: 'MAILCHIMP', type: 'Person', after: null, limit: 10 } as const;
  expect((await compareRecords(worker, input)).differing).toEqual([]);
});

describe('MailChimp restored from a backup, and all is sent again', () => {
  test('who has refused since is unsubscribed again, and the poll that follows lifts nothing', async () => {
    const key = await person();
    expect(await send(key)).toBe('created');
    await refuse(key);
    expect(await send(key)).toBe('suppressed');
    await database.client.query(`UPDATE sync_person SET state = 'PENDING'`);
    expect(await send(key)).toBe('suppressed');
    expect(await standings()).toEqual(['closed']);
    expect(await poll()).toEqual([]);
  });

  test('a pass that begins before it was sent takes no refusal for lifted: a webhook may ask for one', async () => {
    const key = await person();
    expect(await send(key)).toBe('created');
    await refuse(key);
    await database.client.query(
      `UPDATE sync_person SET state = 'PENDING', base = base - 'email' - 'mobile'
       WHERE sync_process = 'MAILCHIMP' AND state IN ('IN_SYNC', 'SUPPRESSED', 'PENDING', 'FAILING', 'PARKED') AND remote_id IS NOT NULL`,
    );
    const ref = { process: 'MAILCHIMP', type: 'Person', key } as const;
    expect(await absorb(worker, ref)).toMatchObject({ kind: 'unchanged', outboundDue: true });
    expect(await send(key)).toBe('suppressed');
    expect(await standings()).toEqual(['closed']);
    expect(await poll()).toEqual([]);
  });
});
