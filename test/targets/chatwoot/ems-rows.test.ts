import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { loadPairs, type Pair } from '../../../database/records/load-pairs.ts';
import { refreshOutdatedValues } from '../../../database/records/refresh-unique-values.ts';
import type { EntityType } from '../../../sync/entity-type.ts';
import { chatwoot } from '../../../targets/chatwoot/process.ts';
import { mappingOf } from '../../../targets/sync-process.ts';
import { migratedDatabase, type MigratedDatabase } from '../../database/migrated-database.ts';

let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});
afterEach(async () => {
  await database.client.query('TRUNCATE organisation, person, event, conversation, sync_person CASCADE');
  await database.client.query('TRUNCATE sync_conversation_message');
});
afterAll(async () => {
  await database?.close();
});

async function insert(table: string, values: Readonly<Record<string, unknown>>): Promise<string> {
  const columns = Object.keys(values);
  const { rows } = await database.client.query(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((_, index) => `$${index + 1}`).join(', ')})
     RETURNING id`,
    Object.values(values),
  );
  return String(rows[0].id);
}

const MODIFIED = { modified_on: '2026-05-01T10:00:00Z' };
const person = (values: object = {}) => insert('person', { ...MODIFIED, last_name: 'Silva', ...values });

async function load(type: EntityType, key: string): Promise<Pair> {
  const { process } = chatwoot;
  const mapping = mappingOf(process, type);
  const detection = { process: process.name, mapping, mappingVersion: '1', settleMs: 0 };
  await refreshOutdatedValues(database.orm.em.fork(), detection, []);
  const [pair] = await loadPairs(database.orm, detection, [key]);
  if (pair === undefined) throw new Error('it was not loaded');
  return pair;
}

async function contentOf(type: EntityType, key: string) {
  const { entity, sources } = await load(type, key);
  const mapped = entity === null ? null : mappingOf(chatwoot.process, type).map(entity, sources);
  if (mapped?.kind !== 'mapped') throw new Error('it was not mapped');
  return mapped.content;
}

const sharedWith = async (key: string) => (await load('Person', key)).sharedWith;
const phoneOf = async (key: string) => (await contentOf('Person', key))['phone_number'];

test.each([
  [{ email: 'a@x.example' }, true],
  [{ phone: '+351912345678' }, true],
  [{ email: ' ', phone: '' }, false],
  [{}, false],
])('a person with %j is one for ChatWoot: %s; so is a conversation of hers', async (values, expected) => {
  const key = await person(values);
  const conversation = await insert('conversation', { ...MODIFIED, person_id: key });
  expect((await load('Person', key)).passesFilter).toBe(expected);
  expect((await load('Conversation', conversation)).passesFilter).toBe(expected);
});

test('club and events of a person are read', async () => {
  const organisation_id = await insert('organisation', { ...MODIFIED, name: 'Clube' });
  const key = await person({ email: 'a@x.example', organisation_id });
  const event_id = await insert('event', { ...MODIFIED, name: 'Night Run' });
  await insert('event', { ...MODIFIED, name: 'Other' });
  for (const name of ['10 km', '5 km']) {
    const race_id = await insert('race', { ...MODIFIED, event_id, name });
    await insert('event_participant', { ...MODIFIED, event_id, race_id, person_id: key });
  }
  expect(await contentOf('Person', key)).toMatchObject({ ems_club: 'Clube', ems_events: 'Night Run' });
});

test('persons with one e-mail share a contact, and so do those without any who have one phone', async () => {
  const phone = '+351912345678';
  const child = await person({ email: 'Home@x.example ', date_of_birth: '2010-01-01', phone });
  const parent = await person({ email: 'home@X.example', date_of_birth: '1980-01-01' });
  const stranger = await person({ email: 'other@x.example', phone: '+351911111111' });
  const young = await person({ phone });
  const old = await person({ phone, email: ' ', date_of_birth: '1950-01-01' });
  const none = await person({});
  expect(await Promise.all([child, parent, stranger, young, old, none].map(sharedWith))).toEqual([
    parent,
    null,
    null,
    old,
    null,
    null,
  ]);
});

test('a phone that persons of several e-mail addresses have is sent for one of them', async () => {
  const phone = '+351912345678';
  const parent = await person({ email: 'parent@x.example', date_of_birth: '1980-01-01', phone });
  const child = await person({ email: 'child@x.example', date_of_birth: '2010-01-01', phone });
  expect([await phoneOf(parent), await phoneOf(child)]).toEqual([phone, null]);
  await person({ phone });
  expect([await phoneOf(parent), await phoneOf(child)]).toEqual([null, null]);
});

test('only the messages that EMS has written are sent', async () => {
  const person_id = await person({ email: 'a@x.example' });
  const conversation_id = await insert('conversation', { ...MODIFIED, person_id });
  const message = (body: string) =>
    insert('conversation_message', { ...MODIFIED, conversation_id, author: 'EMS', body });
  const [fromRemote, sent, unsent] = [await message('from ChatWoot'), await message('sent'), await message('unsent')];
  const link = { sync_process: 'CHATWOOT', updated_on: MODIFIED.modified_on };
  await insert('sync_conversation_message', { ...link, entity_key: fromRemote, remote_id: '1', origin: 'remote' });
  await insert('sync_conversation_message', { ...link, entity_key: sent, remote_id: '2', origin: 'ems' });
  const { messages, ems_conversation_id } = await contentOf('Conversation', conversation_id);
  expect(ems_conversation_id).toBe(conversation_id);
  expect(messages).toMatchObject([
    { key: sent, body: 'sent' },
    { key: unsent, body: 'unsent' },
  ]);
});
