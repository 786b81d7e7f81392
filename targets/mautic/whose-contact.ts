import type { EntityKey } from '../../sync/entity-type.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { lowerCase } from '../contact-fields.ts';
import { consentOf, type RemoveRequest } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { MauticApi } from './api.ts';
import { emsKeyOf } from './read-contact.ts';

/** Which contact our record's id returns. */
export type Answered =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'own'; readonly contact: Contact }
  /** Our contact was merged into this one, which belongs to another person, or to nobody in EMS. */
  | { readonly kind: 'merged-away'; readonly into: Contact; readonly holder: EntityKey | null }
  /** The id now belongs to another contact: Mautic was restored or replaced. */
  | { readonly kind: 'changed-hands'; readonly contact: Contact };

type Asked = Pick<RemoveRequest, 'type' | 'key' | 'remoteId' | 'consent'>;

/**
 * Fetches the contact on our record and determines its owner. After a merge Mautic returns the remaining contact for
 * the merged one's id, and writes to it, so this must run before every write by id.
 */
export async function whoAnswers(api: MauticApi, asked: Asked): Promise<Answered> {
  const contact = asked.remoteId === null ? null : await api.contact(asked.remoteId);
  if (contact === null) return { kind: 'nobody' };
  const isOurs = carriesOurs(asked, contact);
  if (contact.id !== asked.remoteId) {
    const holder = await consentOf(asked).holderOf(contact.id);
    return isOurs && holder === null ? { kind: 'own', contact } : { kind: 'merged-away', into: contact, holder };
  }
  if (isOurs || (await hasSwallowed(api, asked, contact))) return { kind: 'own', contact };
  return { kind: 'changed-hands', contact };
}

/** It has the person's EMS id; or it lost that, and has the address that we last stored. */
export function carriesOurs(asked: Asked, contact: Contact): boolean {
  const carried = emsKeyOf(contact);
  if (carried !== null) return carried === asked.key;
  const { email } = contact.fields.all;
  const address = lowerCase(typeof email === 'string' ? email : null);
  return address !== null && consentOf(asked).wasStored('email', address);
}

/** Whether its EMS id came with a merge, so that it is now the contact of that other person as well. */
async function hasSwallowed(api: MauticApi, asked: Asked, contact: Contact): Promise<boolean> {
  const carried = emsKeyOf(contact);
  const theirs = carried === null ? null : await consentOf(asked).remoteIdOf(carried);
  if (theirs === null || theirs === contact.id) return false;
  return (await api.contact(theirs))?.id === contact.id;
}

/** The error for an operator; nothing is written. */
export function changedHands(contact: Contact): SyncError {
  const carried = emsKeyOf(contact);
  const whose = carried === null ? 'carries no EMS id' : `carries the EMS id of Person/${carried}`;
  const message = `contact ${contact.id} ${whose}: it has changed hands. Set ems_person_id right in Mautic and retry, or unlink`;
  return new SyncError('rejected', message, { code: 'changed-hands', field: 'ems_person_id' });
}
