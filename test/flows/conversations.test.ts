import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { ChatwootUnderTest } from './chatwoot-under-test.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import type { System } from './system.ts';

let under: ChatwootUnderTest;
let system: System;
let chatwoot: ProcessUnderTest;

beforeAll(async () => {
  under = await ChatwootUnderTest.start();
  ({ system, process: chatwoot } = under);
});

afterEach(() => system.tidyUp());

afterAll(async () => {
  await under?.stop();
});

const remote = async (conversation: string) => {
  const id = (await chatwoot.record('Conversation', conversation))?.remote_id ?? '';
  return (await under.control.state()).conversations[id];
};

async function emsConversation(person: string, ...bodies: string[]) {
  const conversation = await system.ems.insert('conversation', {
    person_id: person,
    channel: 'PHONE',
    subject: 'Refund',
  });
  const messages = [];
  for (const body of bodies) {
    const values = { conversation_id: conversation, author: 'EMS', body, private: true };
    messages.push(await system.ems.insert('conversation_message', values));
  }
  return { conversation, messages };
}

describe('ChatWoot: conversations', () => {
  test('Outbound Sync - New Entity Records: messages of EMS are private notes, and nobody is written to', async () => {
    const { person } = await under.personInStep();
    const { conversation, messages } = await emsConversation(person, 'Bib changed to 101', 'Fee returned');
    await chatwoot.sweep();
    const stored = await remote(conversation);
    expect(stored?.custom_attributes).toMatchObject({ ems_conversation_id: conversation });
    expect(
      stored?.messages.map(({ content, private: isPrivate, source_id }) => [content, isPrivate, source_id]),
    ).toEqual([
      ['Bib changed to 101', true, `ems:${messages[0]}`],
      ['Fee returned', true, `ems:${messages[1]}`],
    ]);
    expect((await under.control.state()).sentToCustomers).toEqual([]);
  });

  test('Outbound Sync - Updated Entity Record: one more message is one more note', async () => {
    const { person } = await under.personInStep();
    const { conversation } = await emsConversation(person, 'First');
    await chatwoot.settle();
    await system.ems.insert('conversation_message', {
      conversation_id: conversation,
      author: 'EMS',
      body: 'Second',
      private: true,
    });
    await system.ems.update('conversation', conversation, {});
    await chatwoot.settle();
    expect((await remote(conversation))?.messages.map(({ content }) => content)).toEqual(['First', 'Second']);
    expect(await under.messages(conversation)).toHaveLength(2);
  });

  test('a create that was not answered is found again: one conversation, each note once', async () => {
    const { person } = await under.personInStep();
    const { conversation } = await emsConversation(person, 'Once only');
    await under.control.setFaults({
      failAfter: { times: 3, match: { method: 'POST', prefix: '/api/v1/accounts/1/conversations' } },
    });
    await chatwoot.settle();
    await under.control.clearFaults();
    await chatwoot.settle();
    const { conversations } = await under.control.state();
    const own = Object.values(conversations).filter(
      ({ custom_attributes: set }) => set['ems_conversation_id'] === conversation,
    );
    expect(own.map(({ messages }) => messages.map(({ content }) => content))).toEqual([['Once only']]);
  });

  test('Inbound Sync - Polling for Remote Changes: a customer writes, an agent answers', async () => {
    const { person, contact } = await under.personInStep();
    const { conversation: id } = await under.control.backdoor({
      do: 'customer-writes',
      contact,
      content: 'Where is my bib?\nThanks',
    });
    await under.control.backdoor({ do: 'agent-writes', conversation: id, content: 'At the desk' });
    await chatwoot.settle();
    const conversation = await chatwoot.keyOf('Conversation', id);
    expect(await under.row('conversation', conversation)).toMatchObject({
      person_id: person,
      status: 'OPEN',
      subject: 'Where is my bib?',
    });
    expect((await under.messages(conversation)).map(({ author, body }) => [author, body])).toEqual([
      ['PERSON', 'Where is my bib?\nThanks'],
      ['AGENT', 'At the desk'],
    ]);
    expect((await remote(conversation))?.messages.filter(({ message_type: type }) => type !== 'activity')).toHaveLength(
      2,
    );
  });

  test('a stranger who writes becomes a person with a conversation', async () => {
    const { contact } = await under.control.backdoor({
      do: 'create-contact',
      set: { name: 'Nuno Lopes', email: under.email() },
    });
    const { conversation: id } = await under.control.backdoor({ do: 'customer-writes', contact, content: 'Hello' });
    await chatwoot.settle();
    const conversation = await chatwoot.keyOf('Conversation', id);
    expect(await under.row('conversation', conversation)).toMatchObject({
      person_id: await chatwoot.keyOf('Person', contact),
    });
    expect((await under.messages(conversation)).map(({ body }) => body)).toEqual(['Hello']);
  });

  test('Inbound Sync - Bounce-back Detection: our own notes come back as nothing', async () => {
    const { person } = await under.personInStep();
    const { conversation } = await emsConversation(person, 'A note');
    await chatwoot.settle();
    const writes = await under.writes();
    const { modified_on: modifiedOn } = await under.row('conversation', conversation);
    await chatwoot.settle();
    expect(await under.writes()).toBe(writes);
    expect(await under.row('conversation', conversation)).toMatchObject({ modified_on: modifiedOn });
    expect(await under.messages(conversation)).toHaveLength(1);
  });

  test('the status is ChatWoot’s: it comes in, whatever EMS has done, and never conflicts', async () => {
    const { contact } = await under.personInStep();
    const { conversation: id } = await under.control.backdoor({ do: 'customer-writes', contact, content: 'Question' });
    await chatwoot.settle();
    const conversation = await chatwoot.keyOf('Conversation', id);
    await system.ems.update('conversation', conversation, { subject: 'Changed in EMS', status: 'OPEN' });
    await under.control.backdoor({ do: 'edit-conversation', conversation: id, status: 'resolved' });
    await chatwoot.settle();
    expect(await under.row('conversation', conversation)).toMatchObject({ status: 'RESOLVED' });
    const { rowCount } = await system.database.query("SELECT FROM sync_conflict WHERE entity_type = 'Conversation'");
    expect(rowCount).toBe(0);
  });

  test('both write at once: every message is on both sides once', async () => {
    const { contact } = await under.personInStep();
    const { conversation: id } = await under.control.backdoor({ do: 'customer-writes', contact, content: 'One' });
    await chatwoot.settle();
    const conversation = await chatwoot.keyOf('Conversation', id);
    await system.ems.insert('conversation_message', {
      conversation_id: conversation,
      author: 'EMS',
      body: 'From EMS',
      private: true,
    });
    await system.ems.update('conversation', conversation, {});
    await under.control.backdoor({ do: 'customer-writes', contact, conversation: id, content: 'Two' });
    await chatwoot.settle();
    const bodies = (await under.messages(conversation)).map(({ body }) => String(body));
    expect(new Set(bodies)).toEqual(new Set(['From EMS', 'One', 'Two']));
    expect(bodies).toHaveLength(3);
    const told = (await remote(conversation))?.messages.filter(({ message_type: type }) => type !== 'activity') ?? [];
    expect(new Set(told.map(({ content }) => content))).toEqual(new Set(['From EMS', 'One', 'Two']));
    expect(told).toHaveLength(3);
  });

  test('a message that an agent deletes loses its text in EMS', async () => {
    const { contact } = await under.personInStep();
    const { conversation: id } = await under.control.backdoor({ do: 'customer-writes', contact, content: 'Hi' });
    const { message } = await under.control.backdoor({ do: 'agent-writes', conversation: id, content: 'Wrong person' });
    await chatwoot.settle();
    await under.control.backdoor({ do: 'delete-message', conversation: id, message });
    await chatwoot.settle();
    const conversation = await chatwoot.keyOf('Conversation', id);
    expect((await under.messages(conversation)).map(({ body }) => body)).toEqual(['Hi', null]);
  });
});

describe('CHATWOOT_SEND_PUBLIC', () => {
  let open: ChatwootUnderTest;

  beforeAll(async () => {
    open = await ChatwootUnderTest.start({ settings: { CHATWOOT_SEND_PUBLIC: 'true', CHATWOOT_INBOX_ID: '2' } });
  });

  afterAll(async () => {
    await open?.stop();
  });

  test('lets what EMS does not call private leave for the person, and nothing else', async () => {
    const { person } = await open.personInStep();
    const conversation = await open.system.ems.insert('conversation', {
      person_id: person,
      channel: 'EMAIL',
      subject: 'Bib',
    });
    for (const [body, isPrivate] of [
      ['Your bib is 101', false],
      ['Paid late', true],
    ] as const) {
      await open.system.ems.insert('conversation_message', {
        conversation_id: conversation,
        author: 'EMS',
        body,
        private: isPrivate,
      });
    }
    await open.process.settle();
    const { conversations, sentToCustomers } = await open.control.state();
    const messages = Object.values(conversations).flatMap((one) => one.messages);
    expect(messages.filter(({ id }) => sentToCustomers.includes(id)).map(({ content }) => content)).toEqual([
      'Your bib is 101',
    ]);
  });
});
