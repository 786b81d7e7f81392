import type { FieldValue } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import { canonicalText } from '../../sync/canonical-form.ts';
import type { RemoteRecord } from '../inbound-source.ts';
import type { Contact } from './answers.ts';
import { e164, lowerCase, oneSpaced } from '../contact-fields.ts';
import { personFields } from './person-mapping.ts';
import type { ContactPlace } from './places.ts';

/** Removed from EMS: ChatWoot keeps the contact and its conversations. */
export function isRemoved({ custom_attributes }: Contact): boolean {
  return custom_attributes?.['ems_removed'] === true;
}

/** A contact in the mapping's fields and notation. */
export function contactContent(contact: Contact): Content {
  return Object.fromEntries(Object.entries(personFields).map(([name, { at }]) => [name, valueAt(at, contact)]));
}

function valueAt(place: ContactPlace, contact: Contact): FieldValue {
  return place.in === 'contact'
    ? READ[place.attribute](contact[place.attribute])
    : ((contact.custom_attributes?.[place.key] ?? null) as FieldValue);
}

const READ = {
  name: oneSpaced,
  email: lowerCase,
  // Before August 2026 ChatWoot checked only the end of the value, so "call +351912345678" was accepted.
  phone_number: (value: string | null | undefined) => e164(value) ?? canonicalText(value),
} as const;

/** @param emsKey the person that it belongs to, as {@link ContactIdentity} tells; null: none. */
export function contactRecord(contact: Contact, emsKey: EntityKey | null): RemoteRecord {
  return {
    type: 'Person',
    remoteId: String(contact.id),
    emsKey,
    // ChatWoot has a modified time, but no answer contains it.
    modifiedOn: null,
    content: contactContent(contact),
    complete: true,
    references: {},
    related: [],
    messages: null,
    removed: isRemoved(contact),
    successor: null,
  };
}
