import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { absorb } from '../../activities/absorb.ts';
import { deliver } from '../../activities/deliver.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { record } from '../../activities/record.ts';
import { resolveRemote } from '../../activities/resolve-remote.ts';
import { runCommand } from '../../activities/run-command.ts';
import { AdvisoryLocks } from '../../database/advisory-locks.ts';
import { startChatwoot, type StartedChatwoot } from '../../simulators/chatwoot/start.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import { chatwoot as target } from '../../targets/chatwoot/process.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import { refuseUnsafe } from '../../settings/refuse-unsafe.ts';
import { dependenciesWith } from './dependencies-with.ts';
import { migratedDatabase, type MigratedDatabase } from '../database/migrated-database.ts';

// What a visitor of a website may do to a member through ChatWoot's widget.

const OLD = new Uint8Array(32).fill(7);
const NEW = new Uint8Array(32).fill(9);

let database: MigratedDatabase;
let locks: AdvisoryLocks;
let chatwoot: StartedChatwoot;
let people = 0;

beforeAll(async () => {
  database = await migratedDatabase();
  locks = new AdvisoryLocks(database.url);
  chatwoot = await startChatwoot({ requestsPerMinute: 1_000_000, searchesPerMinute: 1_000_000 });
});

beforeEach(async () => {
  await chatwoot.control.setSettings({ hmacMandatory: [] });
});

afterAll(async () => {
  await chatwoot?.stop();
  await locks?.close();
  await database?.close();
});

function workers({ keys = [OLD], trust = 'false' }: { keys?: Uint8Array[]; trust?: string } = {}): Dependencies {
  const settings = target.settings.parse({
    CHATWOOT_URL: chatwoot.url,
    CHATWOOT_ACCOUNT_ID: String(chatwoot.account),
    CHATWOOT_TOKEN: chatwoot.token,
    CHATWOOT_INBOX_ID: '1',
    CHATWOOT_TRUST_CONTACTS: trust,
  });
  const remote = target.connect(settings, unlimitedConnections('ratchet', keys));
  return dependenciesWith({
    orm: database.orm,
    processes: new Map([['CHATWOOT', { process: target.process, remote }]]),
    keys,
    locks,
  });
}

const pairOf = (key: string, type: EntityType = 'Person') => ({ process: 'CHATWOOT' as const, type, key });

async function send(context: Dependencies, key: string) {
  const pair = pairOf(key);
  const delivery = await deliver(context, { ...pair, attempt: 1, resend: false });
  await record(context, { ...pair, delivery });
  return delivery;
}

const resolve = (context: Dependencies, contact: number, type: EntityType = 'Person') =>
  resolveRemote(context, { process: 'CHATWOOT', type, remoteId: String(contact) });

async function rowOf(key: string) {
  return (await database.client.query('SELECT *, modified_on::text FROM person WHERE id = $1', [key])).rows[0];
}

async function recordOf(key: string) {
  const query = "SELECT * FROM sync_person WHERE sync_process = 'CHATWOOT' AND entity_key = $1";
  return (await database.client.query(query, [key])).rows[0];
}

async function proposalsOf(key: string): Promise<{ id: string; kind: string; fields: string[] }[]> {
  const query = 'SELECT id, kind, fields FROM sync_conflict WHERE entity_key = $1 ORDER BY id';
  return (await database.client.query(query, [key])).rows;
}

const contactAt = async (id: number | string) => (await chatwoot.control.state()).contacts[String(id)];

async function newPerson(values: Record<string, unknown> = {}) {
  people += 1;
  const email = `member${people}@club.example`;
  return { key: await database.ems.person({ email, ...values }), email };
}

/** A member whose contact is delivered. */
async function member(context: Dependencies) {
  const { key, email } = await newPerson();
  const delivery = await send(context, key);
  expect(delivery.kind).toBe('created');
  return { key, email, contact: Number((await recordOf(key)).remote_id), before: await rowOf(key) };
}

describe('a visitor of a website', () => {
  test('who claims a member’s e-mail changes nothing in EMS: it is a proposal, and EMS’s values are sent again', async () => {
    const context = workers();
    const { key, email, contact, before } = await member(context);
    const claim = { do: 'visitor-claims', email, name: 'Mallory Visitor' } as const;
    expect(await chatwoot.control.backdoor(claim)).toEqual({ contact });
    const absorbed = await absorb(context, pairOf(key));
    expect(await rowOf(key)).toEqual(before);
    expect(absorbed).toMatchObject({ kind: 'drifted', fields: ['name'], outboundDue: true });
    expect((await send(context, key)).kind).toBe('updated');
    expect(await contactAt(contact)).toMatchObject({ name: 'Ana Silva', email });
    expect(await proposalsOf(key)).toMatchObject([{ kind: 'proposed', fields: ['name'] }]);
    expect(await recordOf(key)).toMatchObject({ state: 'IN_SYNC' });
  });

  test('who does so again and again leaves one proposal, under a new number', async () => {
    const context = workers();
    const { key, email } = await member(context);
    const ids = [];
    for (const name of ['Mallory One', 'Mallory Two']) {
      await chatwoot.control.backdoor({ do: 'visitor-claims', email, name });
      await absorb(context, pairOf(key));
      await send(context, key);
      const [proposal, ...more] = await proposalsOf(key);
      expect(more).toEqual([]);
      ids.push(proposal?.id);
    }
    expect(new Set(ids).size).toBe(2);
  });

  test('who claims a member’s EMS id gets a contact of its own, which is nobody’s', async () => {
    const context = workers();
    const { key, contact, before } = await member(context);
    const claim = { do: 'visitor-claims', identifier: key, name: 'Mallory Visitor' } as const;
    const visitor = (await chatwoot.control.backdoor(claim)).contact;
    expect(visitor).not.toBe(contact);
    expect(await absorb(context, pairOf(key))).toMatchObject({ kind: 'unchanged' });
    expect(await resolve(context, visitor)).toMatchObject({ kind: 'nothing' });
    expect(await rowOf(key)).toEqual(before);
  });

  test('who claims the id of a person not sent yet does not get that person’s contact', async () => {
    const context = workers();
    const { key } = await newPerson();
    const claim = { do: 'visitor-claims', identifier: key, name: 'Mallory Visitor' } as const;
    const visitor = (await chatwoot.control.backdoor(claim)).contact;
    expect(await resolve(context, visitor)).toMatchObject({ kind: 'nothing' });
    expect((await send(context, key)).kind).toBe('created');
    expect((await recordOf(key)).remote_id).not.toBe(String(visitor));
  });

  test('with the e-mail of a person not sent yet is tied to nobody until an operator does it', async () => {
    const context = workers();
    const { key, email } = await newPerson({ phone: null });
    const set = { name: 'Mallory Visitor', email, phone_number: '+351911222333' };
    const { contact } = await chatwoot.control.backdoor({ do: 'create-contact', set });
    const before = await rowOf(key);
    const link = `npx ems-sync link CHATWOOT Person ${key} ${contact}`;
    expect(await resolve(context, contact)).toMatchObject({ kind: 'parked', reason: expect.stringContaining(link) });
    expect(await send(context, key)).toMatchObject({ kind: 'parked', reason: expect.stringContaining(link) });
    expect(await contactAt(contact)).toMatchObject({ name: 'Mallory Visitor', identifier: null });
    await runCommand(context, { ...pairOf(key), command: `link:${contact}` });
    await absorb(context, pairOf(key));
    expect(await rowOf(key)).toEqual(before);
    expect((await send(context, key)).kind).toBe('updated');
    expect(await contactAt(contact)).toMatchObject({ name: 'Ana Silva', phone_number: null });
    expect(await proposalsOf(key)).toMatchObject([
      { kind: 'lost', fields: ['name'] },
      { kind: 'proposed', fields: ['phone_number'] },
    ]);
  });

  test('with a conversation that carries the id of another’s does not get into that one', async () => {
    const context = workers();
    const { key } = await member(context);
    const other = await member(context);
    const conversation = await database.ems.insert('conversation', {
      person_id: key,
      channel: 'NOTE',
      subject: 'Refund',
      opened_on: '2027-01-01T08:00:00Z',
    });
    const said = { do: 'customer-writes', contact: other.contact, content: 'Hello' } as const;
    const written = (await chatwoot.control.backdoor(said)).conversation;
    const custom_attributes = { ems_conversation_id: conversation };
    await chatwoot.control.backdoor({ do: 'edit-conversation', conversation: written, custom_attributes });
    expect(await resolve(context, written, 'Conversation')).toMatchObject({ kind: 'parked' });
    const { rows } = await database.client.query('SELECT person_id FROM conversation WHERE id = $1', [conversation]);
    expect(rows).toEqual([{ person_id: key }]);
  });
});

/** A member about whom a visitor has proposed a name. */
async function proposal(name: string) {
  const context = workers();
  const { key, email } = await member(context);
  await chatwoot.control.backdoor({ do: 'visitor-claims', email, name });
  await absorb(context, pairOf(key));
  await send(context, key);
  return { context, key, id: (await proposalsOf(key))[0]?.id ?? '' };
}

describe('a proposal', () => {
  test('that an operator accepts is written into EMS, and sent', async () => {
    const { context, key, id } = await proposal('Ana Married');
    await runCommand(context, { ...pairOf(key), command: `restore:${id}` });
    expect(await rowOf(key)).toMatchObject({ first_name: 'Ana', last_name: 'Married' });
    expect((await send(context, key)).kind).toBe('updated');
  });

  test('that an operator has refused is not written any more', async () => {
    const { context, key, id } = await proposal('Ana Other');
    await database.client.query('UPDATE sync_conflict SET refused_on = now() WHERE id = $1', [id]);
    await expect(runCommand(context, { ...pairOf(key), command: `restore:${id}` })).rejects.toThrow(/was refused/);
    expect(await rowOf(key)).toMatchObject({ last_name: 'Silva' });
  });
});

describe('the identifier of a contact', () => {
  test('of an earlier release, the plain EMS id, is replaced when the row is sent, in the same contact', async () => {
    const context = workers();
    const { key, contact } = await member(context);
    const unguessable = (await contactAt(contact))?.identifier;
    const set = { identifier: key, custom_attributes: { ems_person_id: null } };
    await chatwoot.control.backdoor({ do: 'edit-contact', contact, set });
    await database.ems.update('person', key, { last_name: 'Costa' });
    expect(await absorb(context, pairOf(key))).not.toMatchObject({ kind: 'parked' });
    await send(context, key);
    expect(await contactAt(contact)).toMatchObject({
      name: 'Ana Costa',
      identifier: unguessable,
      custom_attributes: { ems_person_id: key },
    });
    const all = Object.values((await chatwoot.control.state()).contacts);
    expect(all.filter(({ custom_attributes }) => custom_attributes['ems_person_id'] === key)).toHaveLength(1);
  });

  test.each([
    ['listed beside the new one', [NEW, OLD]],
    ['gone', [NEW]],
  ])('is followed while SYNC_KEY is rotated, the old key %s', async (_, keys) => {
    const { key, contact } = await member(workers());
    const former = (await contactAt(contact))?.identifier;
    expect(former).toMatch(/^ems-[0-9a-f]{64}$/);
    const rotated = workers({ keys });
    await database.ems.update('person', key, { last_name: 'Costa' });
    await absorb(rotated, pairOf(key));
    await send(rotated, key);
    const after = await contactAt(contact);
    expect(after?.name).toBe('Ana Costa');
    expect(after?.identifier).toMatch(/^ems-[0-9a-f]{64}$/);
    expect(after?.identifier).not.toBe(former);
    expect((await recordOf(key)).remote_id).toBe(String(contact));
  });
});

describe('CHATWOOT_TRUST_CONTACTS', () => {
  const log = { warn: () => undefined };

  test('is refused, at the start and at work, while a website inbox does not validate its visitors', async () => {
    const context = workers();
    const { key, email, before } = await member(context);
    await chatwoot.control.backdoor({ do: 'visitor-claims', email, name: 'Mallory Visitor' });
    const trusting = workers({ trust: 'true' });
    const refusal = /CHATWOOT_TRUST_CONTACTS is refused: website inbox 3/;
    await expect(refuseUnsafe(trusting.processes, log)).rejects.toMatchObject({
      problems: [expect.stringMatching(refusal)],
    });
    await expect(trusting.processes.get('CHATWOOT')?.remote.probe()).rejects.toThrow(refusal);
    await expect(absorb(trusting, pairOf(key))).rejects.toThrow(refusal);
    expect(await rowOf(key)).toEqual(before);
    await expect(refuseUnsafe(context.processes, log)).resolves.toBeUndefined();
  });

  test('takes over what ChatWoot says where every website inbox does', async () => {
    const { key, contact } = await member(workers());
    await chatwoot.control.setSettings({ hmacMandatory: [3] });
    const trusting = workers({ trust: 'true' });
    await expect(refuseUnsafe(trusting.processes, log)).resolves.toBeUndefined();
    await chatwoot.control.backdoor({ do: 'edit-contact', contact, set: { name: 'Ana Married' } });
    expect(await absorb(trusting, pairOf(key))).toMatchObject({ kind: 'applied', fields: ['name'] });
    expect(await rowOf(key)).toMatchObject({ first_name: 'Ana', last_name: 'Married' });
  });
});
