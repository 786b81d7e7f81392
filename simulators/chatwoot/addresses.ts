import { randomUUID } from 'node:crypto';
import type { Chatwoot } from './chatwoot.ts';
import { type Contact, type ContactInbox, type Inbox, inboxes } from './records.ts';
import { couldNotCreate, notFound } from './refusal.ts';
import { addressOf } from './store.ts';

/** Throws Refusal 404. */
export function findInbox(id: number): Inbox {
  const inbox = inboxes.find((one) => one.id === id);
  if (inbox === undefined) throw notFound();
  return inbox;
}

/**
 * Returns the contact's address in an inbox and creates it if it is missing. Without a `source_id` an e-mail inbox uses
 * the contact's e-mail, other inboxes a random id. Throws Refusal 422 if another contact has the address.
 */
export function giveAddress(
  { store }: Chatwoot,
  { id }: Contact,
  inboxId: number,
  sourceId: string | undefined,
): ContactInbox {
  const inbox = findInbox(inboxId);
  const contact = store.contacts.find(id);
  if (contact === undefined) throw notFound();
  if (sourceId === undefined && inbox.channel_type === 'Channel::Email' && contact.email === null) {
    throw couldNotCreate('param is missing or the value is empty: contact email');
  }
  const source_id = sourceId ?? (inbox.channel_type === 'Channel::Email' ? contact.email : null) ?? randomUUID();
  const contactInbox = { inbox_id: inboxId, source_id };
  const [holder] = store.contacts.by('address', addressOf(contactInbox));
  if (holder?.id === contact.id) return contactInbox;
  if (holder !== undefined) throw couldNotCreate('source_id should be unique');
  store.contacts.save({ ...contact, contact_inboxes: [...contact.contact_inboxes, contactInbox] });
  return contactInbox;
}

/** Finds the contact with this address in any inbox. Throws Refusal 404. */
export function findAddress({ store }: Chatwoot, sourceId: string): { contact: Contact; contactInbox: ContactInbox } {
  const [contact] = store.contacts.by('sourceId', sourceId);
  const contactInbox = contact?.contact_inboxes.find(({ source_id }) => source_id === sourceId);
  if (contact === undefined || contactInbox === undefined) throw notFound();
  return { contact, contactInbox };
}
