import type { EntityKey } from '../../sync/entity-type.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { lowerCase } from '../contact-fields.ts';
import { consentOf, type RemoveRequest } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { MauticApi } from './api.ts';
import { emsKeyOf } from './read-contact.ts';

/** Who answers to the id on our record. */
export type Answered =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'own'; readonly contact: Contact }
  /** Our contact was merged into this one, which is not the person's: it is another person's, or nobody's in EMS. */
  | { readonly kind: 'merged-away'; readonly into: Contact; readonly holder: EntityKey | null }
  /** The id is another contact's now: Mautic was restored, or exchanged. */
  | { readonly kind: 'changed-hands'; readonly contact: Contact };

type Asked = Pick<RemoveRequest, 'type' | 'key' | 'remoteId' | 'consent'>;

/**
 * Asks for the contact on our record and says whose it is. After a merge Mautic answers the id of the contact that is gone with
 * the one that is left, and writes to that one: so this comes before every write by id.
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

/** It carries the person's EMS id; or it has lost that, and has the address that we left it with. */
export function carriesOurs(asked: Asked, contact: Contact): boolean {
  const carried = emsKeyOf(contact);
  if (carried !== null) return carried === asked.key;
  const { email } = contact.fields.all;
  const address = lowerCase(typeof email === 'string' ? email : null);
  return address !== null && consentOf(asked).wasStored('email', address);
}

/** Whether the EMS id that it carries came with a merge: that person's own contact is this one by now. */
async function hasSwallowed(api: MauticApi, asked: Asked, contact: Contact): Promise<boolean> {
  const carried = emsKeyOf(contact);
  const theirs = carried === null ? null : await consentOf(asked).remoteIdOf(carried);
  if (theirs === null || theirs === contact.id) return false;
  return (await api.contact(theirs))?.id === contact.id;
}

/** What an operator is told; nothing is written. */
export function changedHands(contact: Contact): SyncError {
  const carried = emsKeyOf(contact);
  const whose = carried === null ? 'carries no EMS id' : `carries the EMS id of Person/${carried}`;
  const message = `contact ${contact.id} ${whose}: it has changed hands. Set ems_person_id right in Mautic and retry, or unlink`;
  return new SyncError('rejected', message, { code: 'changed-hands', field: 'ems_person_id' });
}
