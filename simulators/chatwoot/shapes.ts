import type { Chatwoot } from './chatwoot.ts';
import {
  type Contact,
  type ContactInbox,
  type Conversation,
  type Message,
  type User,
  inboxes,
  messageTypes,
  users,
} from './records.ts';

export const seconds = (ms: number): number => Math.floor(ms / 1_000);
export const iso = (ms: number): string => new Date(ms).toISOString();
const secondsOrZero = (ms: number | null): number => (ms === null ? 0 : seconds(ms));

const inboxOf = (id: number) => inboxes.find((inbox) => inbox.id === id);

const contactInboxShape = ({ source_id, inbox_id }: ContactInbox) => {
  const inbox = inboxOf(inbox_id);
  return {
    source_id,
    inbox: {
      id: inbox_id,
      avatar_url: '',
      channel_id: inbox_id,
      name: inbox?.name,
      channel_type: inbox?.channel_type,
      provider: null,
    },
  };
};

/** A contact as most answers show it, always without `updated_at`. */
export const contactShape = ({ online }: Chatwoot, contact: Contact) => ({
  additional_attributes: contact.additional_attributes,
  availability_status: online.has(contact.id) ? 'online' : 'offline',
  email: contact.email,
  id: contact.id,
  name: contact.name,
  phone_number: contact.phone_number,
  blocked: contact.blocked,
  identifier: contact.identifier,
  thumbnail: '',
  custom_attributes: contact.custom_attributes,
  ...(contact.last_activity_at === null ? {} : { last_activity_at: seconds(contact.last_activity_at) }),
  created_at: seconds(contact.created_at),
});

/** A contact as its own endpoints show it. */
export const contactWithInboxes = (chatwoot: Chatwoot, contact: Contact) => ({
  ...contactShape(chatwoot, contact),
  contact_inboxes: contact.contact_inboxes.map(contactInboxShape),
});

export const contactInboxOf = contactInboxShape;

const userShape = ({ id, name }: User) => ({
  id,
  name,
  available_name: name,
  avatar_url: '',
  type: 'user',
  availability_status: 'online',
  thumbnail: '',
});

export const contactPushed = (contact: Contact) => ({
  additional_attributes: contact.additional_attributes,
  custom_attributes: contact.custom_attributes,
  email: contact.email,
  id: contact.id,
  identifier: contact.identifier,
  name: contact.name,
  phone_number: contact.phone_number,
  thumbnail: '',
  blocked: contact.blocked,
  type: 'contact',
});

const senderOf = ({ store }: Chatwoot, { sender }: Message) => {
  if (sender === null) return {};
  if (sender.type === 'Contact') {
    const contact = store.contacts.find(sender.id);
    return contact === undefined ? {} : { sender: contactPushed(contact) };
  }
  const user = users.find(({ id }) => id === sender.id);
  return user === undefined ? {} : { sender: userShape(user) };
};

/** A message as its own endpoints show it: `message_type` is a number, `created_at` in seconds. */
export const messageShape = (chatwoot: Chatwoot, message: Message, echoId?: unknown) => ({
  id: message.id,
  content: message.content,
  inbox_id: message.inbox_id,
  ...(echoId === undefined ? {} : { echo_id: echoId }),
  conversation_id: message.conversation_id,
  message_type: messageTypes.indexOf(message.message_type),
  content_type: message.content_type,
  status: 'sent',
  content_attributes: message.content_attributes,
  created_at: seconds(message.created_at),
  private: message.private,
  source_id: message.source_id,
  ...senderOf(chatwoot, message),
});

/** A message inside a conversation: the bare row plus some properties. */
const messagePushed = (chatwoot: Chatwoot, conversation: Conversation, message: Message) => ({
  ...messageShape(chatwoot, message),
  account_id: chatwoot.account.id,
  updated_at: iso(message.updated_at),
  sender_type: message.sender?.type ?? null,
  sender_id: message.sender?.id ?? null,
  external_source_ids: {},
  additional_attributes: {},
  processed_message_content: message.content,
  sentiment: {},
  conversation: {
    assignee_id: conversation.assignee_id,
    unread_count: unreadOf(chatwoot, conversation),
    last_activity_at: seconds(conversation.last_activity_at),
    contact_inbox: { source_id: conversation.source_id },
  },
});

export const messagesOf = ({ store }: Chatwoot, conversation: Conversation): Message[] =>
  store.messages.by('conversation', conversation.id);

const unreadOf = (chatwoot: Chatwoot, conversation: Conversation): number =>
  messagesOf(chatwoot, conversation).filter(
    (message) => message.message_type === 'incoming' && message.created_at > (conversation.first_reply_created_at ?? 0),
  ).length;

const assigneeOf = ({ assignee_id }: Conversation) => {
  const assignee = users.find(({ id }) => id === assignee_id);
  return assignee === undefined ? {} : { assignee: userShape(assignee) };
};

const common = (chatwoot: Chatwoot, conversation: Conversation) => ({
  additional_attributes: conversation.additional_attributes,
  can_reply: true,
  custom_attributes: conversation.custom_attributes,
  id: conversation.id,
  inbox_id: conversation.inbox_id,
  labels: conversation.labels,
  snoozed_until: conversation.snoozed_until,
  status: conversation.status,
  unread_count: unreadOf(chatwoot, conversation),
  priority: null,
  waiting_since: secondsOrZero(conversation.waiting_since),
  agent_last_seen_at: 0,
  contact_last_seen_at: 0,
  last_activity_at: seconds(conversation.last_activity_at),
  timestamp: seconds(conversation.last_activity_at),
  created_at: seconds(conversation.created_at),
  updated_at: conversation.updated_at / 1_000,
});

/**
 * A conversation as the API shows it: times in seconds, but `updated_at` a float. The sender is null between the
 * deletion of a contact and that of its conversations.
 */
export const conversationShape = (chatwoot: Chatwoot, conversation: Conversation) => {
  const contact = chatwoot.store.contacts.find(conversation.contact_id);
  const messages = messagesOf(chatwoot, conversation);
  const last = messages.at(-1);
  const lastSpoken = messages.findLast((message) => message.message_type !== 'activity');
  return {
    ...common(chatwoot, conversation),
    meta: {
      sender: contact === undefined ? null : contactShape(chatwoot, contact),
      channel: inboxOf(conversation.inbox_id)?.channel_type,
      ...assigneeOf(conversation),
      hmac_verified: false,
    },
    messages: last === undefined ? [] : [messagePushed(chatwoot, conversation, last)],
    account_id: chatwoot.account.id,
    uuid: conversation.uuid,
    assignee_last_seen_at: 0,
    muted: false,
    first_reply_created_at: secondsOrZero(conversation.first_reply_created_at),
    last_non_activity_message: lastSpoken === undefined ? null : messagePushed(chatwoot, conversation, lastSpoken),
    sla_policy_id: null,
  };
};

/** A conversation as webhooks show it. */
export const conversationHooked = (chatwoot: Chatwoot, conversation: Conversation) => {
  const contact = chatwoot.store.contacts.find(conversation.contact_id);
  const last = messagesOf(chatwoot, conversation).findLast(
    (message) => message.message_type !== 'activity' && !message.private,
  );
  return {
    ...common(chatwoot, conversation),
    channel: inboxOf(conversation.inbox_id)?.channel_type,
    contact_inbox: {
      contact_id: conversation.contact_id,
      inbox_id: conversation.inbox_id,
      source_id: conversation.source_id,
    },
    messages: last === undefined ? [] : [messagePushed(chatwoot, conversation, last)],
    meta: {
      sender: contact === undefined ? null : contactPushed(contact),
      assignee: null,
      ...assigneeOf(conversation),
      assignee_type: conversation.assignee_id === null ? null : 'User',
      team: null,
      hmac_verified: false,
    },
    first_reply_created_at:
      conversation.first_reply_created_at === null ? null : iso(conversation.first_reply_created_at),
  };
};

export const contactHooked = ({ account }: Chatwoot, contact: Contact) => ({
  account,
  additional_attributes: contact.additional_attributes,
  avatar: '',
  custom_attributes: contact.custom_attributes,
  email: contact.email,
  id: contact.id,
  identifier: contact.identifier,
  name: contact.name,
  phone_number: contact.phone_number,
  thumbnail: '',
  blocked: contact.blocked,
});

/** A message as webhooks show it: `message_type` is a word, `created_at` ISO. */
export const messageHooked = (chatwoot: Chatwoot, conversation: Conversation, message: Message) => {
  const user = users.find(({ id }) => message.sender?.type === 'User' && id === message.sender.id);
  const contact = message.sender?.type === 'Contact' ? chatwoot.store.contacts.find(message.sender.id) : undefined;
  const sender = user === undefined ? contact && contactHooked(chatwoot, contact) : { ...user, type: 'user' };
  return {
    account: chatwoot.account,
    additional_attributes: {},
    content_attributes: message.content_attributes,
    content_type: message.content_type,
    content: message.content,
    conversation: conversationHooked(chatwoot, conversation),
    created_at: iso(message.created_at),
    id: message.id,
    inbox: { id: message.inbox_id, name: inboxOf(message.inbox_id)?.name },
    message_type: message.message_type,
    private: message.private,
    sender: sender ?? null,
    source_id: message.source_id,
  };
};
