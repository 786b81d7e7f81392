import { canonicalForm } from '../../sync/canonical-form.ts';
import { contentHash } from '../../sync/content-hash.ts';
import type { SendRequest } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { ContactBody } from './api.ts';
import { e164 } from '../contact-fields.ts';
import { fieldsAt } from '../field-declaration.ts';
import { personFields } from './person-mapping.ts';
import { isCustomAttribute, type ContactPlace } from './places.ts';
import { contactContent, isRemoved } from './read-contact.ts';

/** Everything that EMS has a say in, spelt out: what is left out would stay as it is. */
export function contactBody({ key, content }: SendRequest): ContactBody {
  const own = fieldsAt(personFields, isOwnAttribute).map(([name, { attribute }]) => [
    attribute,
    // ChatWoot makes "" of a name that is null.
    canonicalForm(content[name]) ?? (attribute === 'name' ? '' : null),
  ]);
  const custom = fieldsAt(personFields, isCustomAttribute).map(([name, place]) => [
    place.key,
    canonicalForm(content[name]),
  ]);
  return {
    ...Object.fromEntries(own),
    // Never "": ChatWoot's index takes it for a value like any other.
    identifier: key,
    custom_attributes: Object.fromEntries(custom),
  };
}

const isOwnAttribute = (place: ContactPlace): place is Extract<ContactPlace, { in: 'contact' }> =>
  place.in === 'contact';

const E164 = /^\+[1-9]\d{1,14}$/;

/**
 * Since August 2026 ChatWoot takes a number that is E.164 as a whole, and refuses every update of a contact that has another
 * one from before. So an update of anything takes the number along.
 *
 * @returns the number as ChatWoot takes it, or null where there is none in it; nothing if the contact's is fine.
 */
export function mendedPhone({ phone_number: phone }: Pick<Contact, 'phone_number'>): ContactBody {
  return phone == null || phone.trim() === '' || E164.test(phone) ? {} : { phone_number: e164(phone) };
}

/** Nothing would change: it is ours, in use, and holds what EMS holds in a form that ChatWoot takes. */
export function isUpToDate(contact: Contact, { key, content }: SendRequest): boolean {
  return (
    contact.identifier === key &&
    !isRemoved(contact) &&
    !('phone_number' in mendedPhone(contact)) &&
    contentHash(contactContent(contact)) === contentHash(content)
  );
}
