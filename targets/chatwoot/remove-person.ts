import { SyncError } from '../../sync/sync-error.ts';
import type { Removed, RemoveRequest } from '../remote-system.ts';
import { PERSON_ATTRIBUTE } from './contact-identity.ts';
import { mendedPhone } from './contact-body.ts';
import { findByKey, type Contacts } from './find-contact.ts';
import { refusedError } from './http.ts';
import { isRemoved } from './read-contact.ts';

/**
 * Marks the contact as removed. Deleting it would delete its conversations, which are ChatWoot's. The identifier stays,
 * so that the contact is recognised if EMS has the person again, unless another person has the id now.
 */
export async function removePerson(
  contacts: Contacts,
  { key, remoteId, idGoesOn = false }: RemoveRequest,
): Promise<void | Removed> {
  const { api, identity } = contacts;
  const known = remoteId === null ? null : await api.contact(remoteId);
  // The contact does not exist or does not have our id: an agent merged it, it was handed over, or the account was
  // restored and the id is now a stranger's. Only mark a contact with our id.
  const contact = known !== null && identity.isRecorded(known, key, remoteId) ? known : await findByKey(contacts, key);
  if (contact === null || (isRemoved(contact) && !idGoesOn)) return undefined;
  const id = String(contact.id);
  const answer = await api.updateContact(id, {
    ...mendedPhone(contact),
    ...(idGoesOn
      ? { identifier: null, custom_attributes: { ems_removed: true, [PERSON_ATTRIBUTE]: null } }
      : { custom_attributes: { ems_removed: true } }),
  });
  if (answer.kind === 'refused') throw refusedError(answer.refused, `PUT contacts/${id}`);
  if (answer.kind === 'missing') {
    throw new SyncError('transient', `ChatWoot lost contact ${id} while Person/${key} was taken off`, {
      code: 'changed',
    });
  }
  return idGoesOn ? { kept: true } : undefined;
}
