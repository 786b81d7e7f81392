import { SyncError } from '../../sync/sync-error.ts';
import type { Removed, RemoveRequest } from '../remote-system.ts';
import type { ChatwootApi } from './api.ts';
import { mendedPhone } from './contact-body.ts';
import { findByKey } from './find-contact.ts';
import { refusedError } from './http.ts';
import { emsKeyIn, isRemoved } from './read-contact.ts';

/**
 * Marks the contact. Deleting it would delete its conversations, which are ChatWoot's; and its identifier stays, so that it
 * is known again if EMS has the person back; unless another person has the id now.
 */
export async function removePerson(
  api: ChatwootApi,
  { key, remoteId, idGoesOn = false }: RemoveRequest,
): Promise<void | Removed> {
  const known = remoteId === null ? null : await api.contact(remoteId);
  // Not there, or without our id: an agent has merged it, it was handed over, or the account was restored and the number is a
  // stranger's now. Only a contact that carries our id is ours to mark.
  const contact = known !== null && emsKeyIn(known.identifier) === key ? known : await findByKey(api, key);
  if (contact === null || (isRemoved(contact) && !idGoesOn)) return undefined;
  const id = String(contact.id);
  const answer = await api.updateContact(id, {
    ...mendedPhone(contact),
    custom_attributes: { ems_removed: true },
    ...(idGoesOn ? { identifier: null } : {}),
  });
  if (answer.kind === 'refused') throw refusedError(answer.refused, `PUT contacts/${id}`);
  if (answer.kind === 'missing') {
    throw new SyncError('transient', `ChatWoot lost contact ${id} while Person/${key} was taken off`, {
      code: 'changed',
    });
  }
  return idGoesOn ? { kept: true } : undefined;
}
