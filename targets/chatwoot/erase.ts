import type { Channel } from '../../sync/suppression.ts';
import type { Erased, EraseRequest } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { Contacts } from './find-contact.ts';

/**
 * Permanently deletes a person's contacts: those with the EMS id, and those with the person's address or number that
 * belong to nobody else. The remote id in our record is not enough: in a restored account it may be a stranger's.
 * ChatWoot deletes their conversations as well.
 */
export async function erasePerson(
  { api, identity }: Contacts,
  { key, remoteId, addresses }: EraseRequest,
): Promise<Erased> {
  const known = remoteId === null ? null : await api.contact(remoteId);
  const { email, sms: phone } = addresses;
  const found = await api.findContacts([
    ...identity.lookUps(key).map((identifier) => ['identifier', identifier] as const),
    ...(email == null ? [] : [['email', email.trim().toLowerCase()] as const]),
    ...(phone == null ? [] : [['phone_number', phone] as const]),
  ]);
  const contacts = new Map<number, Contact>();
  for (const contact of [...(known === null ? [] : [known]), ...found]) {
    const holder = identity.isRecorded(contact, key, remoteId) ? key : identity.claimOf(contact);
    const isFree = holder === null && found.some(({ id }) => id === contact.id);
    if (holder === key || isFree) contacts.set(contact.id, contact);
  }
  for (const id of contacts.keys()) await api.deleteContact(id);
  return {
    outcome: contacts.size === 0 ? 'absent' : 'erased',
    detail:
      contacts.size === 0 ? 'no contact' : `deleted contact ${[...contacts.keys()].join(', ')} with its conversations`,
    addresses: [...contacts.values()].flatMap(({ email: address, phone_number: number }): [Channel, string][] => [
      ...(address == null ? [] : [['email', address] as [Channel, string]]),
      ...(number == null ? [] : [['sms', number] as [Channel, string]]),
    ]),
  };
}

/** A conversation is deleted with its contact, which is erased next. */
export const conversationGoesAlong: Erased = { outcome: 'erased', detail: 'goes with its contact', addresses: [] };
