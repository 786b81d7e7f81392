import type { Content } from '../../sync/content-hash.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { InboundSource, ListedPage, ListRequest, RemoteRecord, RemoteRef } from '../inbound-source.ts';
import type { ContactTrust } from './contact-trust.ts';
import { findByKey, findLike, type Contacts } from './find-contact.ts';
import { listContacts } from './list-contacts.ts';
import { listConversations } from './list-conversations.ts';
import { contactRecord, isRemoved } from './read-contact.ts';
import { wholeConversation } from './read-conversation.ts';

const SCOPES: Partial<Record<EntityType, readonly string[]>> = {
  Person: ['contacts'],
  Conversation: ['conversations'],
};

/** What anybody may write at ChatWoot: a visitor of a website, or the sender of an e-mail. */
const WRITTEN_BY_VISITORS = ['name', 'email', 'phone_number'];

/** The inbound side of ChatWoot. */
export function chatwootInbound(contacts: Contacts, trust: ContactTrust): InboundSource {
  return {
    signed: ['Person'],
    // Lists may lag by a moment.
    overlapMs: 60_000,
    // A single contact or conversation is read from the database that was written to.
    lag: { listMs: 60_000, recordMs: 0 },
    scopes: async (type) => SCOPES[type] ?? [],
    proposals: async (type) => (type !== 'Person' || (await trust.isGiven()) ? [] : WRITTEN_BY_VISITORS),
    list: (request) => list(contacts, request),
    fetch: (ref, key) => fetch(contacts, ref, key),
    mergedInto: ({ type }, key, held) => (type === 'Person' ? mergedInto(contacts, key, held) : Promise.resolve(null)),
  };
}

async function list(contacts: Contacts, { type, since, page }: ListRequest): Promise<ListedPage> {
  if (type === 'Person') return listContacts(contacts.api, contacts.identity, page);
  if (type === 'Conversation') return listConversations(contacts, since, page);
  throw new RangeError(`ChatWoot has no ${type}`);
}

async function fetch(
  contacts: Contacts,
  { type, remoteId }: RemoteRef,
  key: EntityKey | null,
): Promise<RemoteRecord | null> {
  const { api, identity } = contacts;
  if (type === 'Person') {
    // A merged contact continues under the other one's id, and keeps our identifier if the other had none.
    const contact = (await api.contact(remoteId)) ?? (key === null ? null : await findByKey(contacts, key));
    if (contact === null) return null;
    return contactRecord(contact, identity.emsKeyOf(contact, key === null ? null : { key, remoteId }));
  }
  if (type === 'Conversation') {
    const conversation = await api.conversation(remoteId);
    const messages = conversation === null ? null : await api.messages(conversation);
    return conversation === null || messages === null ? null : wholeConversation(conversation, messages, identity);
  }
  throw new RangeError(`ChatWoot has no ${type}`);
}

/**
 * At ChatWoot every address and number is unique, so the contact that now has those of a missing one was merged with
 * it.
 */
async function mergedInto(contacts: Contacts, key: EntityKey, held: Content): Promise<EntityKey | null> {
  for (const { contact } of await findLike(contacts, key, held)) {
    const holder = contacts.identity.claimOf(contact);
    if (holder !== null && holder !== key && !isRemoved(contact)) return holder;
  }
  return null;
}
