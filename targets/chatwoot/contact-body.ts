import { canonicalForm } from '../../sync/canonical-form.ts';
import { contentHash } from '../../sync/content-hash.ts';
import type { SendRequest } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { ContactBody } from './api.ts';
import { contactContent, isRemoved } from './read-contact.ts';

/** Everything that EMS has a say in, spelt out: what is left out would stay as it is. */
export function contactBody({ key, content }: SendRequest): ContactBody {
  const value = (field: string) => canonicalForm(content[field]);
  return {
    // ChatWoot makes "" of null.
    name: value('name') ?? '',
    email: value('email'),
    phone_number: value('phone_number'),
    // Never "": ChatWoot's index takes it for a value like any other.
    identifier: key,
    custom_attributes: {
      ems_events: value('ems_events'),
      ems_language: value('ems_language'),
      ems_club: value('ems_club'),
    },
  };
}

/** Nothing would change: it is ours, in use, and holds what EMS holds. */
export function isUpToDate(contact: Contact, { key, content }: SendRequest): boolean {
  return (
    contact.identifier === key && !isRemoved(contact) && contentHash(contactContent(contact)) === contentHash(content)
  );
}
