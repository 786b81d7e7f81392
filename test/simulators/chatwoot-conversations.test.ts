import { describe, expect, test } from '@jest/globals';
import { chatwootUnderTest } from './chatwoot-under-test.ts';
import { eventually } from './eventually.ts';

const chatwoot = chatwootUnderTest();

const createConversation = async (set: object = {}): Promise<number> => {
  const contact = await chatwoot.createContact({ identifier: `per_${Math.random()}` });
  const { body } = await chatwoot.ask('POST', '/conversations', { inbox_id: 1, contact_id: contact.id, ...set });
  return body.id;
};

const write = (conversation: number, set: object) =>
  chatwoot.ask('POST', `/conversations/${conversation}/messages`, set);

const messagesOf = async (conversation: number, query = ''): Promise<{ id: number; content: string }[]> =>
  (await chatwoot.ask('GET', `/conversations/${conversation}/messages${query}`)).body.payload;

test('inboxes of three channels are there from the start', async () => {
  const { body } = await chatwoot.ask('GET', '/inboxes');
  expect(body.payload.map(({ channel_type }: { channel_type: string }) => channel_type)).toEqual([
    'Channel::Api',
    'Channel::Email',
    'Channel::WebWidget',
  ]);
});

describe('conversations', () => {
  test('are created unwrapped, with display ids, seconds, and a float updated_at', async () => {
    const contact = await chatwoot.createContact({ name: 'Ana', email: 'ana@club.example' });
    const { status, body } = await chatwoot.ask('POST', '/conversations', {
      inbox_id: 1,
      contact_id: contact.id,
      source_id: 'ems:per_1',
      status: 'resolved',
      custom_attributes: { ems_conversation_id: 'c1' },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: 1,
      inbox_id: 1,
      status: 'resolved',
      messages: [],
      custom_attributes: { ems_conversation_id: 'c1' },
      meta: { sender: { id: contact.id, email: 'ana@club.example' }, channel: 'Channel::Api' },
    });
    expect(body.uuid).toMatch(/^[0-9a-f-]{36}$/);
    expect(Number.isInteger(body.created_at)).toBe(true);
    expect(Math.abs(body.updated_at - Date.now() / 1_000)).toBeLessThan(120);
    expect((await chatwoot.ask('GET', '/conversations/1')).body).toEqual(body);
  });

  test('an address belongs to one contact: another is refused it; alone it is enough to find the first', async () => {
    await createConversation({ source_id: 'ems:per_1' });
    const other = await chatwoot.createContact({ identifier: 'other' });
    const set = { inbox_id: 1, contact_id: other.id, source_id: 'ems:per_1' };
    expect(await chatwoot.ask('POST', '/conversations', set)).toEqual({
      status: 422,
      body: { error: 'source_id should be unique' },
    });
    const { body } = await chatwoot.ask('POST', '/conversations', { source_id: 'ems:per_1' });
    expect(body.meta.sender.id).toBe(1);
    expect((await chatwoot.ask('POST', '/conversations', { source_id: 'unknown' })).status).toBe(404);
  });

  test('the list shows open ones, 25 a page, all with status=all; updated_within has no pages', async () => {
    for (let nth = 0; nth < 27; nth += 1) await createConversation(nth === 0 ? { status: 'resolved' } : {});
    const list = async (query: string): Promise<number[]> =>
      (await chatwoot.ask('GET', `/conversations${query}`)).body.data.payload.map(({ id }: { id: number }) => id);
    expect([(await list('')).length, (await list('?page=2')).length]).toEqual([25, 1]);
    expect(new Set(await list('?status=all&page=2'))).toEqual(new Set([1, 2]));
    expect((await list('?status=all&updated_within=900')).length).toBe(27);

    await chatwoot.control.setClock(3_600_000);
    expect(await list('?status=all&updated_within=900')).toEqual([]);
    await chatwoot.control.backdoor({ do: 'agent-writes', conversation: 5, content: 'Hello' });
    expect(await list('?status=all&updated_within=900')).toEqual([5]);
    expect((await chatwoot.ask('GET', '/conversations?status=all')).body.data.meta.all_count).toBe(27);
  });

  test("a contact's are its newest 20", async () => {
    const contact = await chatwoot.createContact({ identifier: 'per_1' });
    for (let nth = 0; nth < 22; nth += 1) {
      await chatwoot.ask('POST', '/conversations', { inbox_id: 1, contact_id: contact.id });
    }
    const { body } = await chatwoot.ask('GET', `/contacts/${contact.id}/conversations`);
    expect(body.payload.map(({ id }: { id: number }) => id)).toEqual(Array.from({ length: 20 }, (_, at) => 22 - at));
  });

  test('one whose create was not answered is found again by its custom attribute, once that is defined', async () => {
    const id = await createConversation({ custom_attributes: { ems_conversation_id: 'C1' } });
    await createConversation();
    const filter = {
      payload: [{ attribute_key: 'ems_conversation_id', filter_operator: 'equal_to', values: ['c1'] }],
    };
    expect((await chatwoot.ask('POST', '/conversations/filter', filter)).status).toBe(422);
    await chatwoot.ask('POST', '/custom_attribute_definitions', { attribute_key: 'ems_conversation_id' });
    const { body } = await chatwoot.ask('POST', '/conversations/filter', filter);
    expect(body).toMatchObject({ meta: { all_count: 1 }, payload: [{ id }] });
  });

  test('custom attributes are replaced, labels too', async () => {
    const id = await createConversation({ custom_attributes: { a: 1 } });
    const { body } = await chatwoot.ask('POST', `/conversations/${id}/custom_attributes`, {
      custom_attributes: { b: 2 },
    });
    expect(body).toEqual({ custom_attributes: { b: 2 } });
    await chatwoot.ask('POST', `/conversations/${id}/labels`, { labels: ['One'] });
    expect((await chatwoot.ask('GET', `/conversations/${id}/labels`)).body).toEqual({ payload: ['one'] });
  });

  test('a change of status is answered in its own form, and noted as an activity', async () => {
    const id = await createConversation();
    const { body } = await chatwoot.ask('POST', `/conversations/${id}/toggle_status`, { status: 'resolved' });
    expect(body.payload).toEqual({
      success: true,
      conversation_id: id,
      current_status: 'resolved',
      snoozed_until: null,
    });
    expect(await eventually(async () => (await messagesOf(id)).length === 1)).toBe(true);
    expect(await messagesOf(id)).toMatchObject([
      { message_type: 2, content: 'Conversation was marked resolved by EMS Integration' },
    ]);
    expect((await chatwoot.ask('POST', `/conversations/${id}/toggle_status`)).body.payload.current_status).toBe('open');
  });

  test('what a customer writes opens one, or wakes the one that slept', async () => {
    const contact = await chatwoot.createContact({ email: 'ana@club.example' });
    const said = await chatwoot.control.backdoor({
      do: 'customer-writes',
      contact: contact.id,
      inbox: 2,
      content: 'Olá',
    });
    await chatwoot.control.backdoor({ do: 'edit-conversation', conversation: said.conversation, status: 'resolved' });
    await chatwoot.control.backdoor({
      do: 'customer-writes',
      conversation: said.conversation,
      content: 'Still there?',
    });
    const { body } = await chatwoot.ask('GET', `/conversations/${said.conversation}`);
    expect(body).toMatchObject({ status: 'open', inbox_id: 2, meta: { channel: 'Channel::Email' } });
    expect(await chatwoot.contact(contact.id)).toHaveProperty('last_activity_at');
  });
});

const from = (first: number, length: number): number[] => Array.from({ length }, (_, at) => first + at);

describe('messages', () => {
  test('are written as private notes, and read with numbers for types', async () => {
    const id = await createConversation();
    const note = { content: 'Bib 101', message_type: 'outgoing', private: true, source_id: 'ems:m1' };
    const { status, body } = await write(id, note);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      conversation_id: id,
      content: 'Bib 101',
      message_type: 1,
      private: true,
      source_id: 'ems:m1',
      sender: { type: 'user' },
    });
    await write(id, note);
    await chatwoot.control.backdoor({ do: 'customer-writes', conversation: id, content: 'Olá' });
    expect(await messagesOf(id)).toMatchObject([
      { source_id: 'ems:m1', message_type: 1 },
      { source_id: 'ems:m1', message_type: 1 },
      { source_id: null, message_type: 0, private: false, sender: { type: 'contact' } },
    ]);
  });

  test('pages: after gives 100, before 20, both 1,000, none the latest 20, oldest first', async () => {
    const id = await createConversation();
    for (let nth = 1; nth <= 130; nth += 1) {
      await chatwoot.control.backdoor({ do: 'agent-writes', conversation: id, content: String(nth), private: true });
    }
    const texts = async (query: string) => (await messagesOf(id, query)).map(({ content }) => Number(content));
    expect(await texts('')).toEqual(from(111, 20));
    expect(await texts('?after=1')).toEqual(from(2, 100));
    expect(await texts('?after=101')).toEqual(from(102, 29));
    expect(await texts('?after=130')).toEqual([]);
    expect(await texts('?before=50')).toEqual(from(30, 20));
    expect(await texts('?after=1&before=130')).toEqual(from(1, 129));
  });

  test('only a reply that is not private, on a real channel, reaches a customer', async () => {
    const inApi = await createConversation();
    await write(inApi, { content: 'Stays', private: false });
    const { id: contact } = await chatwoot.createContact({ email: 'b@club.example' });
    const { body } = await chatwoot.ask('POST', '/conversations', { inbox_id: 2, contact_id: contact });
    await write(body.id, { content: 'Note', private: true });
    expect((await chatwoot.control.state()).sentToCustomers).toEqual([]);
    const sent = await write(body.id, { content: 'Out' });
    expect((await chatwoot.control.state()).sentToCustomers).toEqual([sent.body.id]);
  });

  test('incoming ones may be written only in API inboxes', async () => {
    const inApi = await createConversation();
    expect((await write(inApi, { content: 'From', message_type: 'incoming' })).body.message_type).toBe(0);
    const { id: contact } = await chatwoot.createContact({ email: 'b@club.example' });
    const { body } = await chatwoot.ask('POST', '/conversations', { inbox_id: 3, contact_id: contact });
    expect(await write(body.id, { content: 'From', message_type: 'incoming' })).toEqual({
      status: 422,
      body: { error: 'Incoming messages are only allowed in Api inboxes' },
    });
  });

  test('more than 150,000 characters are refused, and more than 200 in a minute', async () => {
    const id = await createConversation();
    expect((await write(id, { content: '🏃'.repeat(150_000), private: true })).status).toBe(200);
    expect((await write(id, { content: 'x'.repeat(150_001), private: true })).body.error).toMatch(/too long/);
    for (let nth = 1; nth < 200; nth += 1) {
      await chatwoot.control.backdoor({ do: 'agent-writes', conversation: id, content: 'x', private: true });
    }
    expect(await write(id, { content: 'x' })).toEqual({
      status: 422,
      body: { error: 'Validation failed: Too many messages' },
    });
    await chatwoot.control.setClock(61_000);
    expect((await write(id, { content: 'x' })).status).toBe(200);
  });

  test('the first can come with the conversation; if it is refused, neither is there', async () => {
    const id = await createConversation({ message: { content: 'First', private: true } });
    expect(await messagesOf(id)).toMatchObject([{ content: 'First', private: true }]);
    const { id: contact_id } = await chatwoot.createContact({ email: 'b@club.example' });
    const message = { content: 'From', message_type: 'incoming' };
    expect((await chatwoot.ask('POST', '/conversations', { inbox_id: 2, contact_id, message })).status).toBe(422);
    expect(Object.keys((await chatwoot.control.state()).conversations)).toEqual([String(id)]);
  });

  test('a deleted one stays, without its text', async () => {
    const id = await createConversation();
    const { body } = await write(id, { content: 'Oops', source_id: 'ems:m1', private: true });
    expect((await chatwoot.ask('DELETE', `/conversations/${id}/messages/${body.id}`)).status).toBe(200);
    expect(await messagesOf(id)).toMatchObject([
      { id: body.id, source_id: 'ems:m1', content_attributes: { deleted: true }, content: 'This message was deleted' },
    ]);
    expect((await chatwoot.ask('DELETE', `/conversations/${id}/messages/999`)).status).toBe(404);
  });
});
