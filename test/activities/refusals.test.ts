import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { absorb } from '../../activities/absorb.ts';
import { deliver } from '../../activities/deliver.ts';
import { record } from '../../activities/record.ts';
import { rekey } from '../../clients/rekey/rekey.ts';
import type { Addresses } from '../../sync/address-hash.ts';
import { keyedHash } from '../../sync/keyed-hash.ts';
import { TARGETS } from '../../targets/index.ts';
import type { RemoteSystem, SendRequest, SendResult } from '../../targets/remote-system.ts';
import { dependenciesWith } from './dependencies-with.ts';
import { lockedDatabase, type LockedDatabase } from '../database/locked-database.ts';

const KEYS = [new Uint8Array(32).fill(7)];

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

const REFUSED = [{ channel: 'sms', reason: 'unsubscribed' }] as const;

const workers = (remote: RemoteSystem) =>
  dependenciesWith({
    orm: database.orm,
    processes: new Map(TARGETS.map(({ process }) => [process.name, { process, remote }])),
    keys: KEYS,
    locks: database.locks,
  });

/** Confirms every send. `refused`: and says that the person has refused text messages. */
async function send(key: string, refused = false, formerAddresses?: Addresses) {
  const remote = {
    send: async ({ content }: SendRequest): Promise<SendResult> => ({
      kind: 'sent',
      remoteId: `r${key}`,
      remoteModifiedOn: null,
      stored: content,
      refusals: refused ? REFUSED : [],
      ...(formerAddresses === undefined ? {} : { formerAddresses }),
    }),
  } as Partial<RemoteSystem> as RemoteSystem;
  const context = workers(remote);
  const ref = { process: 'MAUTIC', type: 'Person', key } as const;
  const delivery = await deliver(context, { ...ref, attempt: 1, resend: false });
  await record(context, { ...ref, delivery });
  return delivery;
}

let people = 0;

function person(phone: string, country: string | null = 'PT'): Promise<string> {
  people += 1;
  return database.ems.person({ email: `p${people}@clube.example`, phone, country });
}

/** What earlier releases entered: the number as EMS writes it. */
async function listAsWritten(phone: string, key: string | null, reason = 'unsubscribed') {
  await database.client.query(
    `INSERT INTO sync_suppression (sync_process, address_hash, channel, entity_key, reason)
     VALUES ('MAUTIC', $1, 'sms', $2, $3)`,
    [keyedHash('address:sms', phone, KEYS), key, reason],
  );
}

describe('a phone number that has refused text messages', () => {
  test.each([
    ['912 345 678', '+351 912 345 678'],
    ['00351912345678', '912345678'],
    ['+351 (0)912-345-678', '+351912345678'],
  ])('as %j is refused for another person as %j', async (one, other) => {
    expect(await send(await person(one), true)).toMatchObject({ kind: 'suppressed' });
    expect(await send(await person(other))).toMatchObject({ kind: 'suppressed', reason: 'sms: unsubscribed' });
  });

  test('is refused for whoever gets it next, if the refusal came before the person got another number', async () => {
    // The target still had the old number when the person refused.
    await send(await person('912 345 679'), true, { email: null, sms: '+351912345678' });
    expect(await send(await person('912 345 678'))).toMatchObject({ kind: 'suppressed', reason: 'sms: unsubscribed' });
    expect(await send(await person('912 345 679'))).toMatchObject({ kind: 'suppressed', reason: 'sms: unsubscribed' });
  });

  test('is another number in another country', async () => {
    await send(await person('912345678'), true);
    expect(await send(await person('912345678', 'ES'))).toMatchObject({ kind: 'created' });
  });

  test('and that an earlier release has entered as it was written is still refused', async () => {
    await listAsWritten('912345678', null);
    expect(await send(await person('912 345 678'))).toMatchObject({ kind: 'suppressed', reason: 'sms: unsubscribed' });
  });

  test('is still refused after rekey, in whatever notation, and only for its country', async () => {
    const ana = await person('912 345 678');
    await listAsWritten('912345678', ana);
    await listAsWritten('600000000', null, 'erased');
    const [suppressions] = await rekey({
      orm: database.orm,
      keys: KEYS,
      settings: { SETTLE_MS: 0, CONSENT_SCOPE: 'target' },
      page: 2,
    });
    expect(suppressions?.counts).toEqual({ rekeyed: 1, rehashed: 0, unreadable: 0 });
    expect(await send(await person('+351912345678'))).toMatchObject({ kind: 'suppressed' });
    expect(await send(await person('912345678', 'ES'))).toMatchObject({ kind: 'created' });
    expect(await send(await person('600 000 000', 'ES'))).toMatchObject({ kind: 'stays-erased' });
  });
});

test.each(['CHATWOOT', 'MAUTIC', 'MAILCHIMP'] as const)(
  'a number that EMS writes in its own way is erased at %s in the form that the target has',
  async (process) => {
    const asked: unknown[] = [];
    const context = workers({
      erase: async ({ addresses }) => {
        asked.push(addresses.sms);
        return { outcome: 'absent', detail: 'no contact', addresses: [] };
      },
    } as Partial<RemoteSystem> as RemoteSystem);
    const key = await person('912-345-678');
    await deliver(context, { process, type: 'Person', key, attempt: 1, resend: false, erase: true });
    expect(asked).toEqual(['+351912345678']);
    expect(await send(await person('00351 912345678'))).toMatchObject({ kind: 'stays-erased' });
  },
);

describe('an opt-out of EMS at Mautic', () => {
  const stored = { 'optedOut.email': true } as const;

  test.each([
    ['that somebody has lifted there is set again', [], { kind: 'consent', resend: true, outboundDue: true }],
    ['that stands is left as it is', ['email'], { kind: 'unchanged', outboundDue: false }],
  ] as const)('%s', async (_, own, outcome) => {
    const key = await person('912345678');
    const contact = { remoteId: `r${key}`, emsKey: key, addresses: {}, refusals: [], own, modifiedOn: null };
    const remote = {
      send: async (): Promise<SendResult> => ({ kind: 'sent', remoteId: `r${key}`, remoteModifiedOn: null, stored }),
      consent: { fetch: async () => contact },
    } as unknown as RemoteSystem;
    const context = workers(remote);
    const ref = { process: 'MAUTIC', type: 'Person', key } as const;
    const delivery = await deliver(context, { ...ref, attempt: 1, resend: false });
    await record(context, { ...ref, delivery });
    expect(await absorb(context, ref)).toMatchObject(outcome);
  });
});
