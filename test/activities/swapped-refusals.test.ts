import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { absorb } from '../../activities/absorb.ts';
import { deliver } from '../../activities/deliver.ts';
import { findChanged } from '../../activities/find-changed.ts';
import { record } from '../../activities/record.ts';
import type { SuppressionReason } from '../../sync/suppression.ts';
import type { ConsentSource, ContactConsent } from '../../targets/consent-source.ts';
import { TARGETS } from '../../targets/index.ts';
import type { RemoteSystem, SendRequest, SendResult } from '../../targets/remote-system.ts';
import { lockedDatabase, type LockedDatabase } from '../database/locked-database.ts';
import { dependenciesWith } from './dependencies-with.ts';

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

const [ANAS, RUIS] = ['ana@clube.example', 'rui@clube.example'];

const contact = (key: string, email: string | null, reason?: SuppressionReason): ContactConsent => ({
  remoteId: `r${key}`,
  emsKey: key,
  addresses: { email, sms: null },
  refusals: reason === undefined ? [] : [{ channel: 'email', reason }],
  modifiedOn: null,
});

const send = async ({ key, content }: SendRequest): Promise<SendResult> => ({
  kind: 'sent',
  remoteId: `r${key}`,
  remoteModifiedOn: null,
  stored: content,
});

const refOf = (key: string) => ({ process: 'MAUTIC', type: 'Person', key }) as const;

/**
 * Mautic with the contacts of two persons, who refuse there for a reason each; then EMS swaps their addresses, and neither
 * is sent any more.
 */
async function swapped(
  { ana, rui }: Readonly<Record<'ana' | 'rui', SuppressionReason>>,
  anasAddress: string | null = ANAS,
) {
  const keys = {
    ana: await database.ems.person({ first_name: 'Ana', email: ANAS }),
    rui: await database.ems.person({ first_name: 'Rui', email: RUIS }),
  };
  let contacts = [contact(keys.ana, ANAS), contact(keys.rui, RUIS)];
  const consent: ConsentSource = {
    overlapMs: 0,
    scopes: ['contacts'],
    list: async () => ({ contacts, malformed: 0, next: null, seenUpTo: null }),
    fetch: async (remoteId) => contacts.find((one) => one.remoteId === remoteId) ?? null,
  };
  const remote = { consent, send } as Partial<RemoteSystem> as RemoteSystem;
  const dependencies = dependenciesWith({
    orm: database.orm,
    processes: new Map(TARGETS.map(({ process }) => [process.name, { process, remote }])),
    locks: database.locks,
  });
  const sweep = async (key: string) => {
    const delivery = await deliver(dependencies, { ...refOf(key), attempt: 1, resend: false });
    await record(dependencies, { ...refOf(key), delivery });
    return delivery.kind;
  };
  const poll = async () => {
    const page = { process: 'MAUTIC', type: 'Person', scope: 'contacts', page: null } as const;
    const { pairs } = await findChanged(dependencies, page);
    for (const { key } of pairs) {
      await absorb(dependencies, refOf(key));
      await sweep(key);
    }
    return pairs.map(({ key }) => key);
  };
  for (const key of Object.values(keys)) await sweep(key);
  contacts = [contact(keys.ana, anasAddress, ana), contact(keys.rui, RUIS, rui)];
  await database.client.query(
    `UPDATE person SET email = CASE id WHEN $1::bigint THEN $3 ELSE $4 END, modified_on = clock_timestamp()
     WHERE id IN ($1::bigint, $2::bigint)`,
    [keys.ana, keys.rui, RUIS, ANAS],
  );
  return { keys, poll, sweep };
}

const listed = async () =>
  (await database.client.query('SELECT reason, entity_key AS key FROM sync_suppression ORDER BY reason')).rows;

describe('two persons who have refused for different reasons, and whose addresses were swapped in EMS', () => {
  test.each([
    ['bounced', 'unsubscribed'],
    ['unsubscribed', 'manual'],
    ['complained', 'unsubscribed'],
    ['compliance', 'bounced'],
  ] as const)('%s and %s: both stay refused, and later polls find nothing', async (ana, rui) => {
    const { keys, poll, sweep } = await swapped({ ana, rui });
    expect(await poll()).not.toEqual([]);
    await poll();
    const before = await listed();
    expect(await poll()).toEqual([]);
    expect(await poll()).toEqual([]);
    expect(await listed()).toEqual(before);
    for (const key of Object.values(keys)) expect(await sweep(key)).toBe('suppressed');
  });

  test('each address keeps the reason that the target told of it', async () => {
    const { keys, poll } = await swapped({ ana: 'bounced', rui: 'unsubscribed' });
    await poll();
    expect(await listed()).toEqual([
      { reason: 'bounced', key: keys.ana },
      { reason: 'unsubscribed', key: keys.rui },
    ]);
  });

  test('a refusal of a contact without an address is entered for the address in EMS', async () => {
    const { keys, poll, sweep } = await swapped({ ana: 'bounced', rui: 'bounced' }, null);
    await poll();
    await poll();
    expect(await poll()).toEqual([]);
    for (const key of Object.values(keys)) expect(await sweep(key)).toBe('suppressed');
  });
});
