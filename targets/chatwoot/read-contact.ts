import type { FieldValue } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import { canonicalText } from '../../sync/canonical-form.ts';
import type { RemoteRecord } from '../inbound-source.ts';
import type { Contact } from './answers.ts';
import { e164, lowerCase, oneSpaced } from '../contact-fields.ts';

/** An EMS id in decimal; what else may be in an identifier is another system's. */
const EMS_ID = /^[1-9]\d{0,18}$/;

/** The EMS id in an attribute of ChatWoot's; null: there is none that could be ours. */
export function emsKeyIn(value: unknown): EntityKey | null {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && EMS_ID.test(text) ? text : null;
}

/** Taken out of EMS: ChatWoot keeps the contact, and its conversations. */
export function isRemoved({ custom_attributes }: Contact): boolean {
  return custom_attributes?.['ems_removed'] === true;
}

/** A contact in the mapping's fields and notation. */
export function contactContent({ name, email, phone_number, custom_attributes }: Contact): Content {
  const attribute = (key: string) => (custom_attributes?.[key] ?? null) as FieldValue;
  return {
    name: oneSpaced(name),
    email: lowerCase(email),
    // ChatWoot looks only at the end of it: "call +351912345678" gets in.
    phone_number: e164(phone_number) ?? canonicalText(phone_number),
    ems_events: attribute('ems_events'),
    ems_language: attribute('ems_language'),
    ems_club: attribute('ems_club'),
  };
}

export function contactRecord(contact: Contact): RemoteRecord {
  return {
    type: 'Person',
    remoteId: String(contact.id),
    emsKey: emsKeyIn(contact.identifier),
    // ChatWoot has such a time, but no answer tells it.
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
