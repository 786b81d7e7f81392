import { canonicalForm } from '../../sync/canonical-form.ts';
import { contentDigest } from '../../sync/content-hash.ts';
import type { SendRequest } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { ContactBody } from './api.ts';
import type { ContactIdentity } from './contact-identity.ts';
import { e164 } from '../contact-fields.ts';
import { fieldsAt } from '../field-declaration.ts';
import { personFields } from './person-mapping.ts';
import { isCustomAttribute, type ContactPlace } from './places.ts';
import { contactContent, isRemoved } from './read-contact.ts';

/** All values that EMS decides, spelt out, because an absent one would keep its old value. */
export function contactBody({ key, content }: SendRequest, identity: ContactIdentity): ContactBody {
  const own = fieldsAt(personFields, isOwnAttribute).map(([name, { attribute }]) => [
    attribute,
    // ChatWoot turns a null name into "".
    canonicalForm(content[name]) ?? (attribute === 'name' ? '' : null),
  ]);
  const custom = fieldsAt(personFields, isCustomAttribute).map(([name, place]) => [
    place.key,
    canonicalForm(content[name]),
  ]);
  return {
    ...Object.fromEntries(own),
    // Never "": ChatWoot's unique index treats it as a value.
    identifier: identity.identifierOf(key),
    custom_attributes: Object.fromEntries(custom),
  };
}

const isOwnAttribute = (place: ContactPlace): place is Extract<ContactPlace, { in: 'contact' }> =>
  place.in === 'contact';

const E164 = /^\+[1-9]\d{1,14}$/;

/**
 * Since August 2026 ChatWoot requires the whole phone number to be E.164, and refuses every update of a contact with an
 * older, invalid one. So every update also repairs the number.
 *
 * @returns the number in ChatWoot's form, or null if it contains none; empty if the contact's number is valid.
 */
export function mendedPhone({ phone_number: phone }: Pick<Contact, 'phone_number'>): ContactBody {
  return phone == null || phone.trim() === '' || E164.test(phone) ? {} : { phone_number: e164(phone) };
}

/**
 * Whether nothing would change: the contact is ours, in use, and holds EMS's values in a form that ChatWoot accepts.
 */
export function isUpToDate(contact: Contact, { key, content }: SendRequest, identity: ContactIdentity): boolean {
  return (
    contact.identifier === identity.identifierOf(key) &&
    !isRemoved(contact) &&
    !('phone_number' in mendedPhone(contact)) &&
    contentDigest(contactContent(contact)) === contentDigest(content)
  );
}
