import { describe, expect, test } from '@jest/globals';
import type { Conversation } from '../../../database/entities/index.ts';
import { conversation } from '../../../targets/chatwoot/conversation-mapping.ts';

const ROW = {
  id: '81',
  modifiedOn: '2027-01-01 00:00:00+00',
  personId: '4711',
  channel: 'NOTE',
  subject: ' Refund ',
  status: 'SNOOZED',
  openedOn: Temporal.Instant.from('2027-01-01T10:00:00.999999Z'),
  lastActivityOn: null,
} as Conversation;

const message = (id: string, body: string | null, more: object = {}) => ({
  id,
  body,
  author: 'EMS',
  agentName: null,
  private: true,
  ...more,
});

const map = (messages: object[]) => conversation.map(ROW, { messages } as never);

test('only what EMS owns is sent: the id, and what EMS has written, in the order of its ids', () => {
  const messages = [
    message('10', ' Second '),
    message('9', 'First\nline', { private: false, author: 'AGENT', agentName: 'R' }),
  ];
  expect(map(messages)).toEqual({
    kind: 'mapped',
    content: {
      ems_conversation_id: '81',
      messages: [
        { key: '9', body: 'First\nline', private: false, author: 'AGENT', agentName: 'R' },
        { key: '10', body: 'Second', private: true, author: 'EMS', agentName: null },
      ],
    },
  });
});

test('a message without a text is left out, one that is too long parks the conversation', () => {
  expect(map([message('9', ' \n'), message('10', null)])).toMatchObject({ content: { messages: [] } });
  expect(map([message('9', 'x'.repeat(150_001))])).toMatchObject({
    kind: 'parked',
    field: 'conversation_message.body',
  });
});

describe('what ChatWoot owns', () => {
  test('is compared in ChatWoot’s words, and in its whole seconds', () => {
    expect(conversation.inbound?.view(ROW, { messages: [] })).toMatchObject({
      status: 'snoozed',
      channel: 'NOTE',
      subject: 'Refund',
      openedOn: '2027-01-01T10:00:00Z',
      lastActivityOn: null,
    });
  });

  test('is applied in EMS’s', () => {
    const content = {
      status: 'resolved',
      channel: 'EMAIL',
      subject: 'Bib',
      openedOn: '2027-01-02T10:00:00Z',
      lastActivityOn: '2027-01-02T11:00:00Z',
    };
    expect(conversation.inbound?.apply(content, Object.keys(content), null)).toEqual({
      status: 'RESOLVED',
      channel: 'EMAIL',
      subject: 'Bib',
      openedOn: Temporal.Instant.from('2027-01-02T10:00:00Z'),
      lastActivityOn: Temporal.Instant.from('2027-01-02T11:00:00Z'),
    });
  });

  test('an unknown status in EMS is not compared', () => {
    const view = conversation.inbound?.view({ ...ROW, status: 'CLOSED' }, { messages: [] });
    expect(Object.keys(view ?? {})).not.toContain('status');
  });
});

test('it waits for its person', () => {
  expect(conversation.references(ROW)).toEqual([{ type: 'Person', key: '4711' }]);
});
