import { lowerCase } from '../contact-fields.ts';
import { consentOf, type SendRequest, type SendResult } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { MauticApi } from './api.ts';
import { isAnothers } from '../same-record.ts';
import { emsKeyOf, refusalsOf, storedFields } from './read-contact.ts';
import { refuseAt, wantedRefusals, type Refusal } from './refuse.ts';
import { changedHands, whoAnswers } from './whose-contact.ts';

export type Place =
  | { readonly kind: 'contact'; readonly contact: Contact; readonly inherited: readonly Refusal[] }
  /** `inherited`: the refusals of the contact that the person's own was merged into. */
  | { readonly kind: 'new'; readonly inherited: readonly Refusal[] }
  | { readonly kind: 'taken'; readonly result: Blocked | Another };

export type Blocked = Extract<SendResult, { kind: 'blocked' }>;
export type Another = Extract<SendResult, { kind: 'another' }>;

/** Fields that identify a contact, besides our id. */
const IDENTITY = [['firstname', 'lastname'], ['email'], ['mobile'], ['ems_birth_date']];

/** The contact has the person's EMS id but nothing else in common: the id was reused. */
export function isFormerRows(request: SendRequest, contact: Contact): boolean {
  return (
    request.remoteId === null &&
    emsKeyOf(contact) === request.key &&
    isAnothers(IDENTITY, request, storedFields(contact))
  );
}

/**
 * The contact on our record, if it is still the person's; otherwise the one with the person's EMS id, or the oldest
 * with its address, or none. One that belongs to another person is taken.
 *
 * @throws SyncError of class `rejected` if the contact on our record has changed hands.
 */
export async function findPlace(api: MauticApi, request: SendRequest): Promise<Place> {
  const answered = await whoAnswers(api, request);
  switch (answered.kind) {
    case 'own':
      return { kind: 'contact', contact: answered.contact, inherited: [] };
    case 'changed-hands':
      throw changedHands(answered.contact);
    case 'merged-away':
      return lookElsewhere(api, request, await shareRefusals(api, request, answered.into));
    case 'nobody':
      return lookElsewhere(api, request, []);
  }
}

/** Two contacts were merged: the refusals of each count for both persons. @returns those of the remaining contact. */
async function shareRefusals(api: MauticApi, request: SendRequest, into: Contact): Promise<readonly Refusal[]> {
  const held = refusalsOf(into);
  await refuseAt(api, into, wantedRefusals([], consentOf(request).suppressions));
  return wantedRefusals([], held);
}

async function lookElsewhere(api: MauticApi, request: SendRequest, inherited: readonly Refusal[]): Promise<Place> {
  const [own] = (await api.contactsWith('ems_person_id', request.key)).filter(
    (contact) => emsKeyOf(contact) === request.key,
  );
  if (own !== undefined && isFormerRows(request, own)) {
    return { kind: 'taken', result: { kind: 'another', remoteId: own.id } };
  }
  const { same, alike } = own === undefined ? await addressesHeld(api, request) : { same: [own], alike: [] };
  const [contact] = same;
  if (contact === undefined) {
    const result = await takenByAlike(request, alike);
    return result === null ? { kind: 'new', inherited } : { kind: 'taken', result };
  }
  const taken = (await takenByOther(request, contact)) ?? belongsToOther(request, contact);
  return taken === null ? { kind: 'contact', contact, inherited } : { kind: 'taken', result: taken };
}

/**
 * The contacts at the person's address, oldest first. Mautic's database ignores accents, but addresses that differ in
 * them (`alike`) are other people's.
 */
export async function addressesHeld(
  api: MauticApi,
  { content: { email } }: Pick<SendRequest, 'content'>,
): Promise<{ readonly same: readonly Contact[]; readonly alike: readonly Contact[] }> {
  if (typeof email !== 'string') return { same: [], alike: [] };
  const held = await api.contactsWith('email', email);
  const isSame = ({ fields }: Contact) => addressOf(fields.all['email']) === email;
  return { same: held.filter(isSame), alike: held.filter((contact) => !isSame(contact)) };
}

/** Every contact that has the person's address, oldest first. */
export async function contactsAtAddress(
  api: MauticApi,
  request: Pick<SendRequest, 'content'>,
): Promise<readonly Contact[]> {
  return (await addressesHeld(api, request)).same;
}

/** Mautic would take one of these contacts for the person's, and write to it or merge the two. */
export async function takenByAlike(request: SendRequest, alike: readonly Contact[]): Promise<Blocked | null> {
  for (const contact of alike) {
    const taken = (await takenByOther(request, contact)) ?? belongsToOther(request, contact);
    if (taken !== null) return taken;
  }
  const [contact] = alike;
  if (contact === undefined) return null;
  const reason = `is the same to Mautic as the address of contact ${contact.id}`;
  return { kind: 'blocked', by: [], field: 'email', reason };
}

export const addressOf = (value: unknown) => lowerCase(typeof value === 'string' ? value : null);

/** Another person's record names this contact, so that person must be checked first. */
export async function takenByOther(request: SendRequest, { id }: Pick<Contact, 'id'>): Promise<Blocked | null> {
  const holder = await consentOf(request).holderOf(id);
  return holder === null ? null : blockedBy(holder, id);
}

/** The contact has the EMS id of another person whose record does not know it yet, because an answer was lost. */
export function belongsToOther({ key }: Pick<SendRequest, 'key'>, other: Contact): Blocked | null {
  const carried = emsKeyOf(other);
  return carried === null || carried === key ? null : blockedBy(carried, other.id);
}

export function blockedBy(holder: string, contact: string): Blocked {
  const reason = `is held at Mautic by Person/${holder} (contact ${contact})`;
  return { kind: 'blocked', by: [{ type: 'Person', key: holder }], field: 'email', reason };
}
