import { SyncError } from '../../sync/sync-error.ts';
import type { SendRequest } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { MauticApi } from './api.ts';
import { fieldsBody, isZero } from './contact-body.ts';
import { invalid } from './refusal.ts';

/**
 * Mautic drops a zero (0, "00000") wherever it is only a part of a contact. Sent as a whole it is kept, so the whole contact is
 * sent: as it was just answered, with the zeros in it.
 */
export async function writeZeros(api: MauticApi, request: SendRequest, contact: Contact): Promise<Contact> {
  const zeros = Object.entries(fieldsBody(request)).filter(([, value]) => isZero(value));
  if (zeros.every(([name, value]) => [value, Number(value)].includes(contact.fields.all[name] as never)))
    return contact;
  const { id: _, points: __, ...whole } = contact.fields.all;
  const answer = await api.putContact(contact.id, { ...whole, ...Object.fromEntries(zeros) });
  if (answer.kind === 'refused') throw invalid(answer.failures, `PUT contacts/${contact.id}/edit`, answer.status);
  if (answer.kind === 'missing' || answer.value.id !== contact.id) {
    throw new SyncError('transient', `Mautic lost contact ${contact.id} while it was written`, { code: 'changed' });
  }
  return answer.value;
}
