import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { migrate } from '../../database/migrate.ts';
import { verifyChatwoot } from '../../demo/verify-chatwoot.ts';
import type { ChatwootState } from '../../simulators/chatwoot/start.ts';
import { freshDatabase, type FreshDatabase } from '../simulators/fresh-database.ts';

type Contact = ChatwootState['contacts'][string];
type Conversation = ChatwootState['conversations'][string];
type Message = Conversation['messages'][number];

/**
 * A family of two with one e-mail, a person whose phone is the family's, and a person with no address. Conversation 1
 * began in EMS and continued at ChatWoot; conversation 2 began at ChatWoot.
 */
const rows = `
  INSERT INTO organisation (id, modified_on, name) VALUES (1, now(), ' Clube  Açor');
  INSERT INTO person (id, modified_on, first_name, last_name, email, phone, date_of_birth, language, organisation_id) VALUES
    (1, now(), 'Kid', 'Silva', 'silva@clube.example', '+351912345678', '2015-01-01', NULL, NULL),
    (2, now(), ' Ana', E'Sil\\u0076a ', 'Silva@Clube.example', '+351912345678', '1980-01-01', 'pt-PT', 1),
    (3, now(), 'Rui', 'Sousa', 'rui@clube.example', '+351912345678', NULL, ' ', NULL),
    (4, now(), 'No', 'Body', ' ', NULL, NULL, NULL, NULL);
  INSERT INTO event (id, modified_on, name) VALUES (1, now(), 'Night Run'), (2, now(), 'Dawn Run');
  INSERT INTO race (id, modified_on, event_id) VALUES (1, now(), 1), (2, now(), 2);
  INSERT INTO event_participant (id, modified_on, event_id, race_id, person_id) VALUES (1, now(), 1, 1, 2), (2, now(), 2, 2, 2), (3, now(), 1, 1, 2);
  INSERT INTO conversation (id, modified_on, person_id, channel, status, opened_on, last_activity_on) VALUES
    (1, now(), 1, 'EMAIL', 'OPEN', '2027-01-01T10:00:00Z', '2027-03-01T10:00:03.9Z'),
    (2, now(), 3, 'EMAIL', 'RESOLVED', '2027-03-01T10:00:00Z', '2027-03-01T10:00:05Z'), (3, now(), 4, 'NOTE', 'OPEN', now(), now());
  INSERT INTO conversation_message (id, modified_on, conversation_id, author, agent_name, body, private, sent_on) VALUES
    (1, now(), 1, 'PERSON', NULL, 'Where is my bib?', false, '2027-01-01T10:00:00Z'),
    (2, now(), 1, 'AGENT', 'Robin Desk', 'At the pier.', false, '2027-03-01T10:00:03Z'),
    (3, now(), 2, 'PERSON', NULL, 'Hello', false, '2027-03-01T10:00:05Z'),
    (4, now(), 3, 'EMS', NULL, 'Nobody sees this', true, now());`;

const MARCH = Date.parse('2027-03-01T10:00:00Z');

const contact = (id: number, set: Partial<Contact>): Contact => ({
  id,
  name: '',
  email: null,
  phone_number: null,
  identifier: null,
  blocked: false,
  additional_attributes: {},
  custom_attributes: {},
  location: null,
  country_code: null,
  labels: [],
  contact_inboxes: [],
  last_activity_at: null,
  created_at: MARCH,
  updated_at: MARCH,
  ...set,
});

const message = (id: number, set: Partial<Message>): Message => ({
  id,
  conversation_id: 1,
  inbox_id: 1,
  content: null,
  message_type: 'incoming',
  content_type: 'text',
  content_attributes: {},
  private: false,
  source_id: null,
  sender: null,
  created_at: MARCH,
  updated_at: MARCH,
  ...set,
});

const conversation = (id: number, set: Partial<Conversation>): Conversation => ({
  id,
  uuid: '',
  inbox_id: 1,
  contact_id: 1,
  source_id: '',
  status: 'open',
  assignee_id: null,
  labels: [],
  additional_attributes: {},
  custom_attributes: {},
  snoozed_until: null,
  waiting_since: null,
  first_reply_created_at: null,
  last_activity_at: MARCH,
  created_at: MARCH,
  updated_at: MARCH,
  messages: [],
  ...set,
});

const note = message(11, {
  content: 'Where is my bib?',
  message_type: 'outgoing',
  private: true,
  source_id: 'ems:1',
  sender: { type: 'User', id: 1 },
});
const answer = message(12, {
  content: 'At the pier.',
  message_type: 'outgoing',
  sender: { type: 'User', id: 2 },
  created_at: MARCH + 3_500,
});
const question = message(13, {
  conversation_id: 2,
  content: 'Hello',
  sender: { type: 'Contact', id: 2 },
  created_at: MARCH + 5_000,
});

describe('verification of ChatWoot', () => {
  let database: FreshDatabase;
  let contacts: Record<string, Contact>;
  let conversations: Record<string, Conversation>;
  let sentToCustomers: number[];
  beforeAll(async () => {
    database = await freshDatabase();
    await migrate({ databaseUrl: database.url, withEms: true });
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query(rows);
    await client.end();
  });
  afterAll(() => database.drop());
  beforeEach(() => {
    const ana = { name: 'Ana Silva', email: 'silva@clube.example', phone_number: '+351912345678' };
    const attributes = {
      ems_person_id: '2',
      ems_events: 'Dawn Run, Night Run',
      ems_language: 'pt-PT',
      ems_club: 'Clube Açor',
    };
    contacts = {
      1: contact(1, { ...ana, custom_attributes: attributes }),
      2: contact(2, { name: 'Rui Sousa', email: 'rui@clube.example', custom_attributes: { ems_person_id: '3' } }),
      3: contact(3, { name: 'Was here', custom_attributes: { ems_person_id: '77', ems_removed: true } }),
    };
    conversations = {
      1: conversation(1, {
        custom_attributes: { ems_conversation_id: '1' },
        last_activity_at: MARCH + 3_500,
        messages: [note, answer],
      }),
      2: conversation(2, {
        inbox_id: 2,
        contact_id: 2,
        status: 'resolved',
        custom_attributes: { ems_conversation_id: '2' },
        last_activity_at: MARCH + 5_000,
        messages: [question, message(14, { message_type: 'activity', content: 'Conversation was marked resolved' })],
      }),
    };
    // Agents may write to customers.
    sentToCustomers = [12];
  });

  const verified = () =>
    verifyChatwoot(database.url, { contacts, conversations, sentToCustomers, webhooks: {}, definitions: {} });
  const differences = async () => (await verified()).differences;
  const changeContact = (id: number, set: Partial<Contact>) => {
    contacts[id] = { ...contact(id, {}), ...contacts[id], ...set };
  };
  const changeConversation = (id: number, set: Partial<Conversation>) => {
    conversations[id] = { ...conversation(id, {}), ...conversations[id], ...set };
  };

  test('finds nothing where every household has one contact, and every message is on both sides once', async () => {
    // Two households, two conversations, three messages, and the person without an address.
    expect(await verified()).toEqual({ compared: 8, differences: [] });
  });

  test('either of a family may own the contact, with its own name', async () => {
    changeContact(1, { name: 'Kid Silva', custom_attributes: { ems_person_id: '1' } });
    expect(await differences()).toEqual([]);
  });

  test('finds a contact that is missing, that two of a family have each, or that EMS does not know', async () => {
    delete contacts['2'];
    changeContact(4, { name: 'Kid Silva', email: 'kid@clube.example', custom_attributes: { ems_person_id: '1' } });
    changeContact(5, { name: 'Stranger', email: 'stranger@clube.example' });
    expect((await differences()).filter(({ type }) => type === 'contacts')).toEqual([
      { type: 'contacts', id: '3', what: 'missing', fields: [] },
      { type: 'contacts', id: '1', what: 'surplus', fields: [] },
      { type: 'contacts', id: 'contact 5', what: 'surplus', fields: [] },
    ]);
  });

  test.each([
    ['name', { name: 'Rui' }],
    ['email', { email: 'other@clube.example' }],
    // The family's contact is the older one.
    ['phone_number', { phone_number: '+351912345678' }],
    ['ems_events', { custom_attributes: { ems_person_id: '3', ems_events: 'Night Run' } }],
    ['ems_language', { custom_attributes: { ems_person_id: '3', ems_language: 'pt-PT' } }],
    ['ems_club', { custom_attributes: { ems_person_id: '3', ems_club: 'Clube Açor' } }],
  ])('finds a difference in a contact: %s', async (field, set) => {
    changeContact(2, set);
    expect(await differences()).toEqual([{ type: 'contacts', id: '3', what: 'different', fields: [field] }]);
  });

  test.each([
    ['contact', { contact_id: 1 }],
    ['status', { status: 'open' }],
    ['channel', { inbox_id: 3 }],
    ['opened', { created_at: MARCH - 1_000 }],
    ['active', { last_activity_at: MARCH }],
  ] as const)('finds a difference in a conversation that began at ChatWoot: %s', async (field, set) => {
    changeConversation(2, set);
    expect(await differences()).toEqual([{ type: 'conversations', id: '2', what: 'different', fields: [field] }]);
  });

  test('of a conversation that began in EMS its status counts once it was set at ChatWoot', async () => {
    changeConversation(1, { status: 'pending' });
    expect(await differences()).toEqual([]);
    changeConversation(1, { messages: [note, answer, message(15, { message_type: 'activity' })] });
    expect(await differences()).toEqual([{ type: 'conversations', id: '1', what: 'different', fields: ['status'] }]);
  });

  test('finds a conversation that is there twice, and one that EMS does not have', async () => {
    changeConversation(3, { ...conversations['2'], id: 3 });
    changeConversation(4, {});
    expect((await differences()).filter(({ type }) => type === 'conversations')).toEqual([
      { type: 'conversations', id: 'conversation 4', what: 'surplus', fields: [] },
      { type: 'conversations', id: '2', what: 'surplus', fields: [] },
    ]);
  });

  test('finds a note that is missing, public, changed, or there twice', async () => {
    changeConversation(1, { messages: [answer] });
    expect(await differences()).toContainEqual({ type: 'messages', id: '1, number 2', what: 'surplus', fields: [] });
    changeConversation(1, { messages: [{ ...note, private: false, content: 'Where?' }, answer] });
    expect(await differences()).toEqual([{ type: 'notes', id: '1', what: 'different', fields: ['body', 'private'] }]);
    changeConversation(1, { messages: [note, answer, { ...note, id: 16 }] });
    expect(await differences()).toEqual([{ type: 'notes', id: '1', what: 'surplus', fields: [] }]);
  });

  test('finds a message of ChatWoot’s that EMS lacks, has twice, or has otherwise', async () => {
    changeConversation(1, { messages: [note, answer, { ...answer, id: 17 }] });
    expect(await differences()).toEqual([{ type: 'messages', id: '1, number 2', what: 'missing', fields: [] }]);
    changeConversation(1, { messages: [note] });
    expect(await differences()).toEqual([{ type: 'messages', id: '1, number 1', what: 'surplus', fields: [] }]);
    changeConversation(1, { messages: [note, { ...answer, content: 'At the gate.', private: true }] });
    expect(await differences()).toEqual([
      { type: 'messages', id: '1, number 1', what: 'different', fields: ['body', 'private'] },
    ]);
  });

  test('finds what EMS wrote and what left for a person', async () => {
    sentToCustomers = [11, 12];
    expect(await differences()).toEqual([
      { type: 'messages sent to customers', id: '11', what: 'surplus', fields: [] },
    ]);
  });
});
