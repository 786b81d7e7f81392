import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { compareMessages, writeMessages, type RemoteMessage } from '../../database/records/absorb-messages.ts';
import { linkSentMessages } from '../../database/records/message-links.ts';
import type { Delivery } from '../../sync/delivery.ts';
import { lockedDatabase, type LockedDatabase } from './locked-database.ts';

const SCOPE = { process: 'CHATWOOT', keys: [new Uint8Array(32).fill(7)] } as const;

let database: LockedDatabase;

beforeAll(async () => {
  database = await lockedDatabase();
});

afterEach(async () => {
  await database.client.query('TRUNCATE sync_conversation_message, conversation_message, conversation, person CASCADE');
});

afterAll(async () => {
  await database?.close();
});

const said = (body: string, sentOn: string): RemoteMessage => ({
  remoteId: '105',
  emsKey: null,
  author: 'PERSON',
  agentName: null,
  body,
  private: false,
  sentOn,
});

const em = () => database.orm.em.fork();

async function conversation(): Promise<string> {
  return database.ems.insert('conversation', { person_id: await database.ems.person({}), subject: 'Bibs' });
}

async function read(key: string, message: RemoteMessage) {
  const changes = await compareMessages(em(), SCOPE, [message]);
  await em().transactional((inner) => writeMessages(inner, SCOPE, key, changes));
  return { added: changes.added.length, edited: changes.edited.length };
}

const bodies = async () =>
  (
    await database.client.query<{ conversation: string; body: string }>(
      'SELECT conversation_id::text AS conversation, body FROM conversation_message ORDER BY id',
    )
  ).rows.map(({ conversation: of, body }) => [of, body]);

test('an id that ChatWoot gives out again after a restore is another message, and the former one keeps its words', async () => {
  const [one, other] = [await conversation(), await conversation()];
  expect(await read(one, said('Where is my bib?', '2026-11-30T10:00:00Z'))).toEqual({ added: 1, edited: 0 });
  expect(await read(other, said('I cannot run.', '2026-11-30T12:00:00Z'))).toEqual({ added: 1, edited: 0 });
  expect(await bodies()).toEqual([
    [one, 'Where is my bib?'],
    [other, 'I cannot run.'],
  ]);
  expect(await read(other, said('I cannot run.', '2026-11-30T12:00:00Z'))).toEqual({ added: 0, edited: 0 });
});

test('a note of EMS may get such an id, too', async () => {
  const one = await conversation();
  await read(one, said('Where is my bib?', '2026-11-30T10:00:00Z'));
  const note = await database.ems.insert('conversation_message', { conversation_id: one, body: 'Called back' });
  const messages = [{ key: note, remoteId: '105' }];
  const delivery = { key: one, fencingToken: '1', kind: 'updated', messages } as unknown as Delivery;
  await linkSentMessages(em(), 'CHATWOOT', [delivery]);
  await linkSentMessages(em(), 'CHATWOOT', [delivery]);
  const { rows } = await database.client.query(
    'SELECT entity_key::text AS key, remote_id AS remote, origin FROM sync_conversation_message ORDER BY id',
  );
  expect(rows).toEqual([
    { key: expect.any(String), remote: null, origin: 'remote' },
    { key: note, remote: '105', origin: 'ems' },
  ]);
});

test('an edited message is the same one', async () => {
  const one = await conversation();
  await read(one, said('Where is my bib?', '2026-11-30T10:00:00Z'));
  expect(await read(one, said('Where is it?', '2026-11-30T10:00:00Z'))).toEqual({ added: 0, edited: 1 });
  expect(await bodies()).toEqual([[one, 'Where is it?']]);
});
