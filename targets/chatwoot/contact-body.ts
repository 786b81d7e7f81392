import { canonicalForm } from '../../sync/canonical-form.ts';
import { contentHash } from '../../sync/content-hash.ts';
import type { SendRequest } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { ContactBody } from './api.ts';
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

/** Nothing would change: it is ours, in use, and holds what EMS holds. */
export function isUpToDate(contact: Contact, { key, content }: SendRequest): boolean {
  return (
    contact.identifier === key && !isRemoved(contact) && contentHash(contactContent(contact)) === contentHash(content)
  );
}
