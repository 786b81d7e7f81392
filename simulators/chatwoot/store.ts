import { CollectionStore } from '../kit/collection-store.ts';
import type { AttributeDefinition, Contact, ContactInbox, Conversation, Message, Webhook } from './records.ts';

/** A contact's address in an inbox as one string. */
export const addressOf = ({ inbox_id, source_id }: ContactInbox): string => `${inbox_id} ${source_id}`;

type ContactIndex = 'email' | 'identifier' | 'phone' | 'address' | 'sourceId';

/** ChatWoot's storage: collections in memory, each change written through to a file. */
export class Store extends CollectionStore {
  readonly contacts = this.collection<Contact, ContactIndex>('contact', {
    email: (contact) => [contact.email],
    identifier: (contact) => [contact.identifier],
    phone: (contact) => [contact.phone_number],
    address: (contact) => contact.contact_inboxes.map(addressOf),
    sourceId: (contact) => contact.contact_inboxes.map(({ source_id }) => source_id),
  });
  readonly conversations = this.collection<Conversation, 'contact'>('conversation', {
    contact: (row) => [row.contact_id],
  });
  readonly messages = this.collection<Message, 'conversation'>('message', {
    conversation: (row) => [row.conversation_id],
  });
  readonly webhooks = this.collection<Webhook, 'url'>('webhook', { url: (webhook) => [webhook.url] });
  readonly definitions = this.collection<AttributeDefinition>('definition', {});
}
