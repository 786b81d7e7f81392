import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { InboundSource, ListedPage, ListRequest, RemoteRecord, RemoteRef } from '../inbound-source.ts';
import type { ChatwootApi } from './api.ts';
import { findByKey } from './find-contact.ts';
import { listContacts } from './list-contacts.ts';
import { listConversations } from './list-conversations.ts';
import { contactRecord } from './read-contact.ts';
import { wholeConversation } from './read-conversation.ts';

const SCOPES: Partial<Record<EntityType, readonly string[]>> = {
  Person: ['contacts'],
  Conversation: ['conversations'],
};

/** What is read of ChatWoot. */
export function chatwootInbound(api: ChatwootApi): InboundSource {
  return {
    signed: ['Person'],
    // Lists may show what was a moment ago.
    overlapMs: 60_000,
    scopes: async (type) => SCOPES[type] ?? [],
    list: (request) => list(api, request),
    fetch: (ref, key) => fetch(api, ref, key),
  };
}

async function list(api: ChatwootApi, { type, since, page }: ListRequest): Promise<ListedPage> {
  if (type === 'Person') return listContacts(api, page);
  if (type === 'Conversation') return listConversations(api, since, page);
  throw new RangeError(`ChatWoot has no ${type}`);
}

async function fetch(
  api: ChatwootApi,
  { type, remoteId }: RemoteRef,
  key: EntityKey | null,
): Promise<RemoteRecord | null> {
  if (type === 'Person') {
    // Merged contacts go on under the id of the other one, with our identifier if that had none.
    const contact = (await api.contact(remoteId)) ?? (key === null ? null : await findByKey(api, key));
    return contact === null ? null : contactRecord(contact);
  }
  if (type === 'Conversation') {
    const conversation = await api.conversation(remoteId);
    const messages = conversation === null ? null : await api.messages(remoteId);
    return conversation === null || messages === null ? null : wholeConversation(conversation, messages);
  }
  throw new RangeError(`ChatWoot has no ${type}`);
}
