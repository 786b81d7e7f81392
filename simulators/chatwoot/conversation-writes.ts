import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { findInbox } from './addresses.ts';
import type { Chatwoot } from './chatwoot.ts';
import { findContact, noteActivity } from './contact-writes.ts';
import { type Changes, conversationEvent, messageEvent, withUpdatedAt } from './events.ts';
import type {
  Attributes,
  ContactInbox,
  Conversation,
  ConversationStatus,
  Message,
  MessageType,
  User,
} from './records.ts';
import { notFound } from './refusal.ts';

/** Throws Refusal 404. */
export function findConversation({ store }: Chatwoot, id: number): Conversation {
  const conversation = store.conversations.find(id);
  if (conversation === undefined) throw notFound();
  return conversation;
}

export interface NewConversation {
  readonly contactId: number;
  readonly contactInbox: ContactInbox;
  readonly status?: ConversationStatus | undefined;
  readonly custom_attributes?: Attributes | undefined;
  readonly additional_attributes?: Attributes | undefined;
  readonly assigneeId?: number | null | undefined;
}

/** A blocked contact's conversation starts out resolved. */
export function createConversation(chatwoot: Chatwoot, wanted: NewConversation): Conversation {
  const { store, clock } = chatwoot;
  const now = clock.now();
  const conversation = store.conversations.save({
    id: store.conversations.nextId(),
    uuid: randomUUID(),
    inbox_id: wanted.contactInbox.inbox_id,
    contact_id: wanted.contactId,
    source_id: wanted.contactInbox.source_id,
    status: findContact(chatwoot, wanted.contactId).blocked ? 'resolved' : (wanted.status ?? 'open'),
    assignee_id: wanted.assigneeId ?? null,
    labels: [],
    additional_attributes: wanted.additional_attributes ?? {},
    custom_attributes: wanted.custom_attributes ?? {},
    snoozed_until: null,
    waiting_since: now,
    first_reply_created_at: null,
    last_activity_at: now,
    created_at: now,
    updated_at: now,
  });
  conversationEvent(chatwoot, 'conversation_created', conversation);
  return conversation;
}

/** Columns whose change fires conversation_updated. */
const TOLD = [
  'status',
  'custom_attributes',
  'labels',
  'assignee_id',
  'snoozed_until',
  'waiting_since',
  'first_reply_created_at',
] as const;

export type ConversationColumns = Partial<Pick<Conversation, (typeof TOLD)[number]>>;

const nameOf = (column: string): string => (column === 'labels' ? 'label_list' : column);

/**
 * Writes the columns that differ and sends the webhook; a status change also adds a note to the conversation. `by` is
 * the user who made the change, if any.
 */
export function updateConversation(
  chatwoot: Chatwoot,
  id: number,
  columns: ConversationColumns,
  by?: User,
): Conversation {
  const { store, clock } = chatwoot;
  const before = findConversation(chatwoot, id);
  const changed = TOLD.filter((column) => column in columns && !isDeepStrictEqual(before[column], columns[column]));
  if (changed.length === 0) return before;
  const after = store.conversations.save({ ...before, ...columns, updated_at: clock.now() });
  const changes: Changes = withUpdatedAt(
    Object.fromEntries(changed.map((column) => [nameOf(column), { previous: before[column], current: after[column] }])),
    before.updated_at,
    after.updated_at,
  );
  if (before.status !== after.status) {
    const { status } = changes;
    conversationEvent(chatwoot, 'conversation_status_changed', after, status === undefined ? {} : { status });
    const note =
      by === undefined ? `Conversation was ${after.status}` : `Conversation was marked ${after.status} by ${by.name}`;
    chatwoot.background.later(() => {
      if (store.conversations.find(id) !== undefined) addMessage(chatwoot, id, { content: note, type: 'activity' });
    });
  }
  conversationEvent(chatwoot, 'conversation_updated', after, changes);
  return store.conversations.find(id) ?? after;
}

export interface NewMessage {
  readonly content: string | null;
  readonly type: MessageType;
  readonly private?: boolean;
  readonly sourceId?: string | null;
  readonly contentType?: string | undefined;
  readonly contentAttributes?: Attributes | undefined;
  /** The author, if a user writes and not a contact. */
  readonly user?: User;
}

/** Writes a message with all its effects. The caller checks the limits. */
export function addMessage(chatwoot: Chatwoot, conversationId: number, wanted: NewMessage): Message {
  const { store, clock } = chatwoot;
  const conversation = findConversation(chatwoot, conversationId);
  const now = clock.now();
  const message = store.messages.save({
    id: store.messages.nextId(),
    conversation_id: conversationId,
    inbox_id: conversation.inbox_id,
    content: wanted.content,
    message_type: wanted.type,
    content_type: wanted.contentType ?? 'text',
    content_attributes: wanted.contentAttributes ?? {},
    private: wanted.private ?? false,
    source_id: wanted.sourceId ?? null,
    sender: senderOf(conversation, wanted),
    created_at: now,
    updated_at: now,
  });
  store.conversations.save({ ...conversation, last_activity_at: now, updated_at: now });
  messageEvent(chatwoot, 'message_created', message);
  if (wanted.type === 'incoming') afterIncoming(chatwoot, conversation, now);
  if (wanted.type === 'outgoing' && !message.private) afterReply(chatwoot, conversation, message);
  return message;
}

const senderOf = ({ contact_id }: Conversation, { type, user }: NewMessage): Message['sender'] => {
  if (type === 'incoming') return { type: 'Contact', id: contact_id };
  return user === undefined ? null : { type: 'User', id: user.id };
};

/** A person's message reopens a snoozed or resolved conversation and updates the contact's last activity. */
function afterIncoming(chatwoot: Chatwoot, { id, contact_id, status, waiting_since }: Conversation, now: number): void {
  const blocked = chatwoot.store.contacts.find(contact_id)?.blocked === true;
  const wakes = (status === 'resolved' || status === 'snoozed') && !blocked;
  updateConversation(chatwoot, id, {
    ...(wakes ? { status: 'open' as const, snoozed_until: null } : {}),
    waiting_since: waiting_since ?? now,
  });
  noteActivity(chatwoot, contact_id, now);
}

/** A reply that is not a private note ends the waiting and, on a real channel, is sent to the person. */
function afterReply(
  chatwoot: Chatwoot,
  { id, inbox_id, first_reply_created_at }: Conversation,
  message: Message,
): void {
  updateConversation(chatwoot, id, {
    waiting_since: null,
    first_reply_created_at: first_reply_created_at ?? message.created_at,
  });
  if (findInbox(inbox_id).channel_type !== 'Channel::Api') chatwoot.sentToCustomers.push(message.id);
}

/** Keeps the message but removes its text. Throws Refusal 404. */
export function deleteMessage(chatwoot: Chatwoot, conversationId: number, id: number): void {
  const { store, clock } = chatwoot;
  const message = store.messages.find(id);
  if (message === undefined || message.conversation_id !== conversationId) throw notFound();
  const now = clock.now();
  store.messages.save({
    ...message,
    content: 'This message was deleted',
    content_type: 'text',
    content_attributes: { deleted: true },
    updated_at: now,
  });
  store.conversations.save({ ...findConversation(chatwoot, conversationId), updated_at: now });
  messageEvent(chatwoot, 'message_updated', message);
}
