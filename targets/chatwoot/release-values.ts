import { SyncError } from '../../sync/sync-error.ts';
import type { Released, ReleaseRequest } from '../remote-system.ts';
import { mendedPhone } from './contact-body.ts';
import { CONTESTED, findByKey, type Contacts } from './find-contact.ts';
import { refusedError } from './http.ts';
import { contactContent } from './read-contact.ts';

/** Releases an e-mail address or number that EMS has given to another person. The rest of the contact stays. */
export async function releaseValues(contacts: Contacts, request: ReleaseRequest): Promise<Released | null> {
  const { api, identity } = contacts;
  const { key, remoteId, content, wanted } = request;
  const known = remoteId === null ? null : await api.contact(remoteId);
  const contact = known !== null && identity.isRecorded(known, key, remoteId) ? known : await findByKey(contacts, key);
  if (contact === null) return null;
  const held = contactContent(contact);
  const fields = CONTESTED.filter(
    (field) =>
      typeof held[field] === 'string' &&
      content[field] !== held[field] &&
      wanted.some((other) => other[field] === held[field]),
  );
  if (fields.length === 0) return null;
  await request.willRelease();
  const id = String(contact.id);
  const answer = await api.updateContact(id, {
    ...mendedPhone(contact),
    ...Object.fromEntries(fields.map((field) => [field, null])),
  });
  switch (answer.kind) {
    case 'answered':
      return { kind: 'values', stored: contactContent(answer.value) };
    case 'refused':
      throw refusedError(answer.refused, `PUT contacts/${id}`);
    case 'missing':
      throw new SyncError('transient', `ChatWoot lost contact ${id} while Person/${key} let go of its address`, {
        code: 'changed',
      });
  }
}
