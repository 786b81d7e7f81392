import { describe, expect, test } from '@jest/globals';
import type { Content } from '../../../sync/content-hash.ts';
import type { SendRequest } from '../../../targets/remote-system.ts';
import { asSent, failureOf } from '../results.ts';
import { ANA, chatwootUnderTest, createLost } from './chatwoot-under-test.ts';
import { eventually } from '../../simulators/eventually.ts';

const chatwoot = chatwootUnderTest();
const PERSON = 'Person/4711';

const note = (key: string, body: string, more: object = {}) => ({
  key,
  body,
  private: null,
  author: 'EMS',
  agentName: null,
  ...more,
});

const content = (...messages: object[]): Content => ({ ems_conversation_id: '81', messages: messages as never });

const contactOfAna = async () => asSent(await chatwoot.sendPerson('4711', ANA)).remoteId;

const send = (contact: string, what: Content, more: Partial<SendRequest> = {}) =>
  chatwoot.send('Conversation', '81', what, { references: new Map([[PERSON, contact]]), ...more });

const begun = async () => {
  const contact = await contactOfAna();
  const { conversation } = await chatwoot.control.backdoor({
    do: 'customer-writes',
    contact: Number(contact),
    content: 'My bib\nis lost',
    inbox: 2,
  });
  return { contact, remoteId: String(conversation) };
};

const conversations = async () => Object.values((await chatwoot.control.state()).conversations);
const messagesOf = async (id: string) => (await chatwoot.control.state()).conversations[id]?.messages ?? [];

const fetched = (remoteId: string, key: string | null = null) =>
  chatwoot.inbound().fetch({ type: 'Conversation', remoteId }, key);

describe('a conversation that EMS began', () => {
  test('is opened in our inbox, with its EMS id, and its messages as private notes in their order', async () => {
    const contact = await contactOfAna();
    const sent = asSent(await send(contact, content(note('9', 'Refunded'), note('10', 'Line 1\nLine 2'))));
    const [stored] = await conversations();
    expect(stored).toMatchObject({
      id: Number(sent.remoteId),
      inbox_id: 1,
      contact_id: Number(contact),
      status: 'open',
      custom_attributes: { ems_conversation_id: '81' },
      messages: [
        { content: 'Refunded', message_type: 'outgoing', private: true, source_id: 'ems:9' },
        { content: 'Line 1\nLine 2', message_type: 'outgoing', private: true, source_id: 'ems:10' },
      ],
    });
    expect(sent.messages).toEqual([
      { key: '9', remoteId: String(stored?.messages[0]?.id) },
      { key: '10', remoteId: String(stored?.messages[1]?.id) },
    ]);
    expect(Temporal.Instant.from(sent.remoteModifiedOn ?? '').epochMilliseconds).toBe(stored?.updated_at);
    expect(sent.stored).toMatchObject({ ems_conversation_id: '81', status: 'open', channel: 'CHAT' });
  });

  test('is one when the answer to the create was lost, also while the filter lags', async () => {
    const contact = await contactOfAna();
    await chatwoot.control.setFaults(createLost('conversations'));
    expect(await failureOf(send(contact, content(note('9', 'a'))))).toMatchObject({ errorClass: 'transient' });
    expect(await conversations()).toHaveLength(1);
    await chatwoot.control.setFaults({ readLag: { ms: 60_000 } });
    const sent = asSent(await send(contact, content(note('9', 'a'))));
    expect((await conversations()).map(({ id }) => String(id))).toEqual([sent.remoteId]);
  });

  test('has each message once, whichever answer was lost', async () => {
    const contact = await contactOfAna();
    const { remoteId } = asSent(await send(contact, content(note('9', 'a'))));
    const match = { method: 'POST', prefix: `/api/v1/accounts/1/conversations/${remoteId}/messages` };
    await chatwoot.control.setFaults({ failAfter: { match, times: 1 } });
    const more = content(note('9', 'a'), note('10', 'b'), note('11', 'c'));
    expect(await failureOf(send(contact, more, { remoteId }))).toMatchObject({ errorClass: 'transient' });
    const sent = asSent(await send(contact, more, { remoteId }));
    expect((await messagesOf(remoteId)).map(({ source_id }) => source_id)).toEqual(['ems:9', 'ems:10', 'ems:11']);
    expect(sent.messages).toHaveLength(3);
  });

  test('is read beyond the hundred messages that ChatWoot gives at a time', async () => {
    const contact = await contactOfAna();
    const notes = Array.from({ length: 130 }, (_, index) => note(String(index + 1), `note ${index + 1}`));
    const { remoteId } = asSent(await send(contact, content(...notes)));
    await chatwoot.control.clearJournal();
    asSent(await send(contact, content(...notes), { remoteId }));
    expect(await chatwoot.control.journal({ writesOnly: true })).toEqual([]);
    expect((await fetched(remoteId))?.messages).toHaveLength(130);
  });

  test('waits a minute where it has more messages than ChatWoot takes in one', async () => {
    const contact = await contactOfAna();
    const notes = Array.from({ length: 205 }, (_, index) => note(String(index + 1), 'x'));
    expect(await failureOf(send(contact, content(...notes)))).toMatchObject({
      errorClass: 'transient',
      retryAfterMs: 60_000,
    });
    await chatwoot.control.setClock(61_000);
    const { remoteId } = asSent(await send(contact, content(...notes)));
    expect(await conversations()).toHaveLength(1);
    expect(await messagesOf(remoteId)).toHaveLength(205);
  });

  test('asks for its person again where the contact is gone', async () => {
    const blocked = { kind: 'blocked', by: [{ type: 'Person', key: '4711' }], field: 'contact' };
    expect(await send('999', content(note('9', 'a')))).toMatchObject(blocked);
  });

  test('is made anew where an agent has deleted it', async () => {
    const contact = await contactOfAna();
    const { remoteId } = asSent(await send(contact, content(note('9', 'a'))));
    await chatwoot.control.backdoor({ do: 'delete-conversation', conversation: Number(remoteId) });
    expect(await fetched(remoteId, '81')).toBeNull();
    const again = asSent(await send(contact, content(note('9', 'a')), { remoteId }));
    expect(again.remoteId).not.toBe(remoteId);
    expect(again.messages).toHaveLength(1);
  });

  test('stays when EMS has it no more: the history is ChatWoot’s', async () => {
    const contact = await contactOfAna();
    const { remoteId } = asSent(await send(contact, content(note('9', 'a'))));
    await chatwoot.control.clearJournal();
    expect(await chatwoot.remove('Conversation', '81', remoteId)).toEqual({ kept: true });
    expect(await chatwoot.control.journal()).toEqual([]);
  });
});

describe('a conversation that began at ChatWoot', () => {
  test('gets our id beside the attributes that it has', async () => {
    const { contact, remoteId } = await begun();
    const custom_attributes = { order: 7 };
    await chatwoot.control.backdoor({ do: 'edit-conversation', conversation: Number(remoteId), custom_attributes });
    asSent(await send(contact, content(), { remoteId }));
    expect(await conversations()).toMatchObject([{ custom_attributes: { order: 7, ems_conversation_id: '81' } }]);
    await chatwoot.control.clearJournal();
    asSent(await send(contact, content(), { remoteId }));
    expect(await chatwoot.control.journal({ writesOnly: true })).toEqual([]);
  });

  test('keeps what EMS has not seen yet to be told by the next poll: no time, no status', async () => {
    const { contact, remoteId } = await begun();
    await chatwoot.control.backdoor({ do: 'edit-conversation', conversation: Number(remoteId), status: 'resolved' });
    const sent = asSent(await send(contact, content(note('9', 'a')), { remoteId }));
    expect(sent.remoteModifiedOn).toBeNull();
    expect(Object.keys(sent.stored ?? {}).toSorted()).toEqual(['channel', 'ems_conversation_id', 'openedOn']);
  });

  test('is fetched with its messages, its subject and its contact', async () => {
    const { contact, remoteId } = await begun();
    const conversation = Number(remoteId);
    await chatwoot.control.backdoor({ do: 'agent-writes', conversation, content: 'We look for it' });
    await chatwoot.control.backdoor({ do: 'agent-writes', conversation, content: 'Hm', private: true });
    asSent(await send(contact, content(note('9', 'Found')), { remoteId }));
    const record = await fetched(remoteId, '81');
    expect(record).toMatchObject({
      remoteId,
      emsKey: '81',
      complete: true,
      content: { subject: 'My bib', status: 'open', channel: 'EMAIL' },
      references: { personId: { type: 'Person', remoteId: contact } },
      related: [{ type: 'Person', remoteId: contact, emsKey: '4711', content: ANA }],
    });
    expect(record?.messages).toMatchObject([
      { emsKey: null, author: 'PERSON', agentName: null, body: 'My bib\nis lost', private: false },
      { emsKey: null, author: 'AGENT', agentName: 'Robin Desk', body: 'We look for it', private: false },
      { emsKey: null, author: 'AGENT', body: 'Hm', private: true },
      { emsKey: '9', author: 'AGENT', body: 'Found', private: true },
    ]);
    expect(record?.messages?.[0]?.sentOn).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  test('leaves out what ChatWoot notes itself, and tells a deleted message by its missing text', async () => {
    const { remoteId } = await begun();
    const conversation = Number(remoteId);
    await chatwoot.control.backdoor({ do: 'edit-conversation', conversation, status: 'resolved' });
    const { message } = await chatwoot.control.backdoor({ do: 'agent-writes', conversation, content: 'Oops' });
    await chatwoot.control.backdoor({ do: 'delete-message', conversation, message });
    await eventually(async () => (await messagesOf(remoteId)).some(({ message_type }) => message_type === 'activity'));
    const record = await fetched(remoteId);
    expect(record?.messages).toMatchObject([{ author: 'PERSON' }, { author: 'AGENT', body: null }]);
  });

  test('whose first message was deleted keeps the subject that EMS has', async () => {
    const { remoteId } = await begun();
    const [first] = await messagesOf(remoteId);
    const conversation = Number(remoteId);
    await chatwoot.control.backdoor({ do: 'delete-message', conversation, message: first?.id ?? 0 });
    expect(Object.keys((await fetched(remoteId))?.content ?? {})).not.toContain('subject');
  });

  test('of which EMS wrote the first line keeps EMS’s own subject', async () => {
    const contact = await contactOfAna();
    const { remoteId } = asSent(await send(contact, content(note('9', 'Internal'))));
    await chatwoot.control.backdoor({ do: 'agent-writes', conversation: Number(remoteId), content: 'Hello' });
    expect(Object.keys((await fetched(remoteId))?.content ?? {})).not.toContain('subject');
  });
});

describe('messages', () => {
  test('that EMS has no more are taken away, those of agents and persons never', async () => {
    const contact = await contactOfAna();
    const { remoteId } = asSent(await send(contact, content(note('9', 'a'), note('10', 'b'))));
    const conversation = Number(remoteId);
    await chatwoot.control.backdoor({ do: 'agent-writes', conversation, content: 'Mine', private: true });
    await chatwoot.control.backdoor({ do: 'customer-writes', conversation, content: 'Yours' });
    const sent = asSent(await send(contact, content(note('10', 'b')), { remoteId }));
    expect(sent.messages?.map(({ key }) => key)).toEqual(['10']);
    const deleted = (await messagesOf(remoteId)).filter(({ content_attributes }) => content_attributes['deleted']);
    expect(deleted.map(({ source_id }) => source_id)).toEqual(['ems:9']);
    await chatwoot.control.clearJournal();
    asSent(await send(contact, content(note('10', 'b')), { remoteId }));
    expect(await chatwoot.control.journal({ writesOnly: true })).toEqual([]);
  });

  test('that an agent has deleted are not written again', async () => {
    const contact = await contactOfAna();
    const sent = asSent(await send(contact, content(note('9', 'a'))));
    const message = Number(sent.messages?.[0]?.remoteId);
    const conversation = Number(sent.remoteId);
    await chatwoot.control.backdoor({ do: 'delete-message', conversation, message });
    asSent(await send(contact, content(note('9', 'a')), { remoteId: sent.remoteId }));
    expect(await messagesOf(sent.remoteId)).toHaveLength(1);
  });

  const bodies = [
    note('9', 'public', { private: false }),
    note('10', 'private', { private: true }),
    note('11', 'not said'),
    note('12', 'what the person said', { private: false, author: 'PERSON' }),
  ];

  test('do not leave for the person', async () => {
    const remote = chatwoot.connect({ CHATWOOT_INBOX_ID: '2' });
    const references = new Map([[PERSON, await contactOfAna()]]);
    await remote.send({
      type: 'Conversation',
      key: '81',
      remoteId: null,
      content: content(...bodies),
      references,
      fencingToken: 1n,
      release: true,
    });
    expect((await chatwoot.control.state()).sentToCustomers).toEqual([]);
    expect(Object.values((await chatwoot.control.state()).conversations)[0]?.messages).toHaveLength(4);
  });

  test('leave for the person only if that is set, and EMS says that they are not private', async () => {
    const remote = chatwoot.connect({ CHATWOOT_INBOX_ID: '2', CHATWOOT_SEND_PUBLIC: 'true' });
    const references = new Map([[PERSON, await contactOfAna()]]);
    const sent = asSent(
      await remote.send({
        type: 'Conversation',
        key: '81',
        remoteId: null,
        content: content(...bodies),
        references,
        fencingToken: 1n,
        release: true,
      }),
    );
    const { sentToCustomers } = await chatwoot.control.state();
    expect(sentToCustomers.map(String)).toEqual([sent.messages?.[0]?.remoteId]);
    // EMS no longer has the message, but the person has read it.
    asSent(await send(String(references.get(PERSON)), content(), { remoteId: sent.remoteId }));
    const kept = (await messagesOf(sent.remoteId)).filter(({ content_attributes }) => !content_attributes['deleted']);
    expect(kept.map(({ content: text }) => text)).toEqual(['public']);
  });
});

describe('a conversation with an EMS id that was given out again', () => {
  test('is another’s if it is another contact’s, and is not written; it can give the id back', async () => {
    const contact = await contactOfAna();
    const { remoteId } = asSent(await send(contact, content(note('9', 'Refunded'))));
    const other = asSent(await chatwoot.sendPerson('4712', { name: 'Rui Melo', email: 'rui@x.example' })).remoteId;
    const references = new Map([['Person/4712', other]]);
    const second = () => chatwoot.send('Conversation', '81', content(note('10', 'Private')), { references });
    expect(await second()).toEqual({ kind: 'another', remoteId });
    expect((await messagesOf(remoteId)).map(({ content: text }) => text)).toEqual(['Refunded']);

    expect(await chatwoot.remove('Conversation', '81', remoteId, { idGoesOn: true })).toEqual({ kept: true });
    const own = asSent(await second()).remoteId;
    expect(own).not.toBe(remoteId);
    expect((await messagesOf(own)).map(({ content: text }) => text)).toEqual(['Private']);
  });
});
