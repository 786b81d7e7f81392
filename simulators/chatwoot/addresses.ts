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
 * The contact's address in an inbox, made if it has no such one. Without a `source_id` an e-mail inbox takes the e-mail,
 * the others a random one. Throws Refusal 422 where another contact has it.
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

/** Who has this address, in whatever inbox. Throws Refusal 404. */
export function findAddress({ store }: Chatwoot, sourceId: string): { contact: Contact; contactInbox: ContactInbox } {
  const [contact] = store.contacts.by('sourceId', sourceId);
  const contactInbox = contact?.contact_inboxes.find(({ source_id }) => source_id === sourceId);
  if (contact === undefined || contactInbox === undefined) throw notFound();
  return { contact, contactInbox };
}
