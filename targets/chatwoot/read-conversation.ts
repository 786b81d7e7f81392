import type { FieldValue } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import type { RemoteMessage, RemoteRecord } from '../inbound-source.ts';
import { contact, type Conversation, type Message } from './answers.ts';
import { oneSpaced } from '../contact-fields.ts';
import { emsChannel, fromSeconds } from './conversation-fields.ts';
import { conversationFields } from './conversation-mapping.ts';
import type { ConversationPlace } from './places.ts';
import { emsKeyIn, type ContactIdentity } from './contact-identity.ts';
import { contactRecord } from './read-contact.ts';

const INCOMING = 0;
const OUTGOING = 1;

const LONGEST_SUBJECT = 255;

/** The EMS message that a note was written from; null if it is not one of ours. */
export function emsMessageIn({ source_id }: Message): string | null {
  return source_id?.startsWith('ems:') === true ? emsKeyIn(source_id.slice('ems:'.length)) : null;
}

export const isDeleted = ({ content_attributes }: Message): boolean => content_attributes?.deleted === true;

/** The conversation's modified time; null if this ChatWoot is too old to return it. */
export function modifiedOn({ updated_at }: Conversation): string | null {
  return updated_at === null || updated_at === undefined ? null : fromSeconds(updated_at);
}

/** A conversation's own properties in the mapping's fields and notation. Missing ones are left out. */
export function conversationContent(conversation: Conversation): Content {
  return Object.fromEntries(
    Object.entries(conversationFields).flatMap(([name, { at }]) => {
      const value = valueAt(at, conversation);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Undefined if the conversation does not contain it. */
function valueAt(place: ConversationPlace, conversation: Conversation): FieldValue {
  switch (place.in) {
    case 'custom_attributes':
      return (conversation.custom_attributes?.[place.key] ?? null) as FieldValue;
    case 'conversation':
      return READ[place.attribute](conversation);
    case 'messages':
    case 'first_message':
      return undefined;
  }
}

const READ: Readonly<Record<Extract<ConversationPlace, { in: 'conversation' }>['attribute'], ReadAttribute>> = {
  status: ({ status }) => status,
  channel: ({ meta }) => emsChannel(meta.channel) ?? undefined,
  created_at: ({ created_at }) => fromSeconds(created_at),
  last_activity_at: ({ last_activity_at: seconds }) =>
    seconds === null || seconds === undefined ? undefined : fromSeconds(seconds),
};

type ReadAttribute = (conversation: Conversation) => FieldValue;

/**
 * A conversation as lists show it: without its messages, and therefore without its subject, which is in the first one.
 */
export function listedConversation(conversation: Conversation, identity: ContactIdentity): RemoteRecord {
  const { sender } = conversation.meta;
  const person = contact.safeParse(sender);
  return {
    type: 'Conversation',
    remoteId: String(conversation.id),
    emsKey: emsKeyIn(conversation.custom_attributes?.['ems_conversation_id']),
    modifiedOn: modifiedOn(conversation),
    content: conversationContent(conversation),
    complete: false,
    references: sender ? { personId: { type: 'Person', remoteId: String(sender.id) } } : {},
    related: person.success ? [contactRecord(person.data, identity.keyOf(person.data))] : [],
    messages: null,
    // Its contact was deleted and the conversation is about to be: it must not become a row.
    removed: !sender,
    successor: null,
  };
}

/** A conversation as it is read alone, with all its parts. */
export function wholeConversation(
  conversation: Conversation,
  messages: readonly Message[],
  identity: ContactIdentity,
): RemoteRecord {
  const listed = listedConversation(conversation, identity);
  const spoken = messages.filter(({ message_type }) => message_type === INCOMING || message_type === OUTGOING);
  return {
    ...listed,
    content: { ...listed.content, ...subjectOf(spoken) },
    complete: true,
    messages: spoken.map(remoteMessage),
  };
}

/**
 * The first message of the person or an agent. If EMS started the conversation, or the first message is deleted, EMS
 * keeps its own subject.
 */
function subjectOf([first]: readonly Message[]): Content {
  if (first === undefined || isDeleted(first) || emsMessageIn(first) !== null) return {};
  const line = first.content?.split('\n').find((candidate) => oneSpaced(candidate) !== null);
  const visible = oneSpaced(line?.toWellFormed().replaceAll(/\p{Cc}/gu, ' '));
  return visible === null ? {} : { subject: Array.from(visible).slice(0, LONGEST_SUBJECT).join('').trim() };
}

function remoteMessage(message: Message): RemoteMessage {
  const isIncoming = message.message_type === INCOMING;
  return {
    remoteId: String(message.id),
    emsKey: emsMessageIn(message),
    author: isIncoming ? 'PERSON' : 'AGENT',
    agentName: isIncoming ? null : oneSpaced(message.sender?.name),
    // A file or picture without text is not a deleted message.
    body: isDeleted(message) ? null : (message.content ?? ''),
    private: message.private ?? false,
    sentOn: fromSeconds(message.created_at),
  };
}
