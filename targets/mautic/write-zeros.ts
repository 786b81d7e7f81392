import { SyncError } from '../../sync/sync-error.ts';
import type { SendRequest } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { MauticApi } from './api.ts';
import { fieldsBody, isZero } from './contact-body.ts';
import { invalid } from './refusal.ts';

/**
 * Mautic drops a zero (0, "00000") in a partial update of a contact. A full update keeps it, but blanks absent fields,
 * including points and picture. So the whole contact is sent as just read, with the zeros added.
 */
export async function writeZeros(api: MauticApi, request: SendRequest, contact: Contact): Promise<Contact> {
  const zeros = Object.entries(fieldsBody(request)).filter(([, value]) => isZero(value));
  if (zeros.every(([name, value]) => [value, Number(value)].includes(contact.fields.all[name] as never)))
    return contact;
  const now = await api.contact(contact.id);
  if (now === null || now.id !== contact.id) throw lost(contact);
  const { id: _, ...whole } = now.fields.all;
  const { points, preferredProfileImage: preferred_profile_image } = now;
  const beside = {
    ...(points !== undefined && { points }),
    ...(preferred_profile_image && { preferred_profile_image }),
  };
  const answer = await api.putContact(contact.id, { ...whole, ...beside, ...Object.fromEntries(zeros) });
  if (answer.kind === 'refused') throw invalid(answer.failures, `PUT contacts/${contact.id}/edit`, answer.status);
  if (answer.kind === 'missing' || answer.value.id !== contact.id) throw lost(contact);
  return answer.value;
}

const lost = ({ id }: Contact) =>
  new SyncError('transient', `Mautic lost contact ${id} while it was written`, { code: 'changed' });
