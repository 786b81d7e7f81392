import type { Content } from '../../sync/content-hash.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { InboundSource, ListedPage, ListRequest, RemoteRecord, RemoteRef } from '../inbound-source.ts';
import type { ChatwootApi } from './api.ts';
import { findByKey, findLike } from './find-contact.ts';
import { listContacts } from './list-contacts.ts';
import { listConversations } from './list-conversations.ts';
import { contactRecord, emsKeyIn, isRemoved } from './read-contact.ts';
import { wholeConversation } from './read-conversation.ts';

const SCOPES: Partial<Record<EntityType, readonly string[]>> = {
  Person: ['contacts'],
  Conversation: ['conversations'],
};

/** The inbound side of ChatWoot. */
export function chatwootInbound(api: ChatwootApi): InboundSource {
  return {
    signed: ['Person'],
    // Lists may lag by a moment.
    overlapMs: 60_000,
    scopes: async (type) => SCOPES[type] ?? [],
    list: (request) => list(api, request),
    fetch: (ref, key) => fetch(api, ref, key),
    mergedInto: ({ type }, key, held) => (type === 'Person' ? mergedInto(api, key, held) : Promise.resolve(null)),
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
    // A merged contact continues under the other one's id, and keeps our identifier if the other had none.
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

/**
 * At ChatWoot every address and number is unique, so the contact that now has those of a missing one was merged with
 * it.
 */
async function mergedInto(api: ChatwootApi, key: EntityKey, held: Content): Promise<EntityKey | null> {
  for (const { contact } of await findLike(api, key, held)) {
    const holder = emsKeyIn(contact.identifier);
    if (holder !== null && holder !== key && !isRemoved(contact)) return holder;
  }
  return null;
}
