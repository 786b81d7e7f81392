import { consentOf, type Released, type ReleaseRequest } from '../remote-system.ts';
import type { MauticApi } from './api.ts';
import { calledFor } from './settle-address.ts';
import { addressOf } from './find-place.ts';
import { invalid } from './refusal.ts';
import { emsKeyOf } from './read-contact.ts';
import { carriesOurs, whoAnswers } from './whose-contact.ts';

/** Releases an address that EMS has given to another person. The contact stays, with the person's EMS id. */
export async function releaseValues(api: MauticApi, request: ReleaseRequest): Promise<Released | null> {
  const { key, content, wanted } = request;
  const contact = await ownContact(api, request);
  if (contact === null) return null;
  const held = addressOf(contact.fields.all['email']);
  if (held === null || content['email'] === held || !wanted.some(({ email }) => email === held)) return null;
  await request.willRelease();
  const answer = await api.patchContact(contact.id, { email: null, ems_person_id: key });
  if (answer.kind === 'refused') throw invalid(answer.failures, calledFor(contact.id), answer.status);
  return answer.kind === 'missing' ? { kind: 'record' } : { kind: 'values', stored: { email: null } };
}

/** A contact that has changed hands or was merged into another person's must not be changed for this person. */
async function ownContact(api: MauticApi, request: ReleaseRequest) {
  const answered = await whoAnswers(api, request);
  if (answered.kind === 'own') return carriesOurs(request, answered.contact) ? answered.contact : null;
  if (answered.kind !== 'nobody') return null;
  for (const contact of await api.contactsWith('ems_person_id', request.key))
    if (emsKeyOf(contact) === request.key && (await consentOf(request).holderOf(contact.id)) === null) return contact;
  return null;
}
