import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { deliver } from '../../activities/deliver.ts';
import { findChanged } from '../../activities/find-changed.ts';
import { record } from '../../activities/record.ts';
import { keyedHash } from '../../sync/keyed-hash.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { ContactConsent } from '../../targets/consent-source.ts';
import { TARGETS } from '../../targets/index.ts';
import {
  consentOf,
  type OptOutRequest,
  type RemoteSystem,
  type RemoveRequest,
  type SendRequest,
  type SendResult,
} from '../../targets/remote-system.ts';
import { dependenciesWith } from './dependencies-with.ts';
import { lockedDatabase, type LockedDatabase } from '../database/locked-database.ts';

const KEYS = [new Uint8Array(32).fill(7)];
const SHARED = 'family@clube.example';

let database: LockedDatabase;

beforeAll(async () => {
  database = await lockedDatabase();
});

afterEach(async () => {
  await database.client.query('TRUNCATE sync_suppression, sync_person, sync_unique_value, person CASCADE');
});

afterAll(async () => {
  await database?.close();
});

/** Confirms every send; asked to remove a contact with the shared address, it asks who takes it. */
function target() {
  const taken: boolean[] = [];
  const remote = {
    send: async ({ key, content }: SendRequest): Promise<SendResult> => ({
      kind: 'sent',
      remoteId: `r${key}`,
      remoteModifiedOn: null,
      stored: content,
    }),
    remove: async (request: RemoveRequest) => {
      const consent = consentOf(request);
      taken.push(await consent.isAnothers(SHARED), await consent.isAnothers(SHARED, { isNew: true }));
      return {};
    },
  } as Partial<RemoteSystem> as RemoteSystem;
  return { remote, taken };
}

const workers = (remote: RemoteSystem) =>
  dependenciesWith({
    orm: database.orm,
    processes: new Map(TARGETS.map(({ process }) => [process.name, { process, remote }])),
    keys: KEYS,
    locks: database.locks,
  });

type Sent = readonly [SyncProcessName, RemoteSystem];

async function deliverOne([process, remote]: Sent, key: string) {
  const context = workers(remote);
  const ref = { process, type: 'Person', key } as const;
  const delivery = await deliver(context, { ...ref, attempt: 1, resend: false });
  await record(context, { ...ref, delivery });
  return delivery.kind;
}

async function person(email: string, born: string): Promise<string> {
  const key = await database.ems.person({ first_name: born, email, date_of_birth: `${born}-01-01` });
  await database.ems.preference(key, true);
  return key;
}

const refuse = (
  process: SyncProcessName,
  key: string | null,
  { address = `${key}@clube.example`, reason = 'unsubscribed' } = {},
) =>
  database.client.query(
    `INSERT INTO sync_suppression (sync_process, address_hash, channel, entity_key, reason)
     VALUES ($1, $2, 'email', $3, $4)`,
    [process, keyedHash('address:email', address, KEYS), key, reason],
  );

/** The elder comes to the younger one's address, with a contact of her own. */
async function join(process: SyncProcessName, meanwhile: (elder: string) => Promise<unknown>) {
  const { remote, taken } = target();
  const younger = await person(SHARED, '1990');
  const elder = await person('ana@clube.example', '1980');
  for (const key of [younger, elder]) expect(await deliverOne([process, remote], key)).toBe('created');
  await database.ems.update('person', elder, { email: SHARED });
  await meanwhile(elder);
  await deliverOne([process, remote], elder);
  expect(await deliverOne([process, remote], younger)).toBe('removed');
  return taken;
}

/** The contact of a parked person refuses, and has no address. @returns how many pairs a poll looks at. */
async function pollRefusal(isListed: boolean) {
  const key = await person('ana@clube.example', '1980');
  const { remote } = target();
  await deliverOne(['MAUTIC', remote], key);
  if (isListed) await refuse('MAUTIC', key);
  await database.client.query(`UPDATE sync_person SET state = 'PARKED', last_error_class = 'rejected'`);
  const contact: ContactConsent = {
    remoteId: `r${key}`,
    emsKey: key,
    addresses: { email: null },
    refusals: [{ channel: 'email', reason: 'unsubscribed' }],
    own: [],
    modifiedOn: null,
  };
  const listing = {
    ...remote,
    consent: { overlapMs: 0, list: async () => ({ contacts: [contact], malformed: 0, next: null, seenUpTo: null }) },
  } as unknown as RemoteSystem;
  const input = { process: 'MAUTIC', type: 'Person', scope: 'contacts', page: null } as const;
  return (await findChanged(workers(listing), input)).pairs.length;
}

describe('the contact of a person whose address another person has now', () => {
  test.each(['MAILCHIMP', 'MAUTIC'] as const)(
    'is left to that person at %s, unless only a person without a contact could take it',
    async (process) => {
      expect(await join(process, async () => {})).toEqual([true, false]);
    },
  );

  test('is not left to somebody who has refused at MailChimp, and whom nothing is sent any more', async () => {
    expect(await join('MAILCHIMP', (elder) => refuse('MAILCHIMP', elder))).toEqual([false, false]);
  });

  test('is left with its refusal, if that is the address’s own', async () => {
    expect(await join('MAILCHIMP', () => refuse('MAILCHIMP', null, { address: SHARED }))).toEqual([true, false]);
  });

  test('is left with its opt-out, if its address was erased elsewhere and nobody is mailed there', async () => {
    const { remote, taken } = target();
    const former = await person(SHARED, '1990');
    await deliverOne(['MAILCHIMP', remote], former);
    await refuse('MAUTIC', null, { address: SHARED, reason: 'erased' });
    const heir = await person(SHARED, '2000');
    await database.client.query('DELETE FROM contact_preference WHERE person_id = $1', [former]);
    await database.ems.delete('person', former);
    expect(await deliverOne(['MAILCHIMP', remote], heir)).toBe('stays-erased');
    await deliverOne(['MAILCHIMP', remote], former);
    expect(taken[0]).toBe(true);
  });

  test('is left to whoever of the family has no contact yet', async () => {
    const { remote, taken } = target();
    const elder = await person(SHARED, '1980');
    const younger = await person(SHARED, '1990');
    await deliverOne(['MAUTIC', remote], elder);
    await deliverOne(['MAUTIC', remote], younger);
    await database.client.query('DELETE FROM contact_preference WHERE person_id = $1', [elder]);
    await database.ems.delete('person', elder);
    expect(await deliverOne(['MAUTIC', remote], elder)).toBe('removed');
    expect(taken).toEqual([true, true]);
  });
});

/** A person who has refused, maybe known at the target, gets a new address. @returns the channels of each opt-out. */
async function deliverRefused(process: SyncProcessName, isKnownThere: boolean) {
  const { remote } = target();
  const asked: OptOutRequest['channels'][] = [];
  const looking: RemoteSystem = { ...remote, optOut: async ({ channels }) => void asked.push(channels) };
  const key = await person('ana@clube.example', '1980');
  if (isKnownThere) await deliverOne([process, looking], key);
  await refuse(process, key);
  await database.ems.update('person', key, { email: SHARED });
  await deliverOne([process, looking], key);
  return asked;
}

describe('a person whom nothing is sent any more, because of a refusal', () => {
  test('does not take a contact that was left at the new address: MailChimp is asked to look after it', async () => {
    expect(await deliverRefused('MAILCHIMP', true)).toEqual([[]]);
  });

  test.each([
    ['MAILCHIMP', false],
    ['MAUTIC', true],
  ] as const)('%s, known there: %s, is not asked', async (process, isKnownThere) => {
    expect(await deliverRefused(process, isKnownThere)).toEqual([]);
  });
});

describe('a refusal at a contact without an address', () => {
  test('that the suppression list does not know is looked at', async () => {
    expect(await pollRefusal(false)).toBe(1);
  });

  test('is not looked at again once it is listed: each poll would send a parked person anew', async () => {
    expect(await pollRefusal(true)).toBe(0);
  });
});
