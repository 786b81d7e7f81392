import { lowerCase } from '../contact-fields.ts';
import { consentOf, type SendRequest, type SendResult } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { MauticApi } from './api.ts';
import { emsKeyOf } from './read-contact.ts';

export type Place =
  | { readonly kind: 'contact'; readonly contact: Contact }
  | { readonly kind: 'new' }
  | { readonly kind: 'taken'; readonly result: Blocked };

export type Blocked = Extract<SendResult, { kind: 'blocked' }>;

/** The contact with the person's EMS id, or else the oldest with its address; or none. One that is another person's is taken. */
export async function findPlace(api: MauticApi, request: SendRequest): Promise<Place> {
  const [own] = (await api.contactsWith('ems_person_id', request.key)).filter(
    (contact) => emsKeyOf(contact) === request.key,
  );
  const [contact] = own === undefined ? await contactsAtAddress(api, request) : [own];
  if (contact === undefined) return { kind: 'new' };
  const taken = await takenByOther(request, contact);
  return taken === null ? { kind: 'contact', contact } : { kind: 'taken', result: taken };
}

/** Every contact that has the person's address, oldest first. */
export async function contactsAtAddress(
  api: MauticApi,
  { content: { email } }: Pick<SendRequest, 'content'>,
): Promise<readonly Contact[]> {
  if (typeof email !== 'string') return [];
  // Its database takes letters with and without accents for the same; they are not the same address.
  return (await api.contactsWith('email', email)).filter(({ fields }) => addressOf(fields.all['email']) === email);
}

export const addressOf = (value: unknown) => lowerCase(typeof value === 'string' ? value : null);

/** Another person's record names this contact: that one has to be looked at first. */
export async function takenByOther(request: SendRequest, { id }: Pick<Contact, 'id'>): Promise<Blocked | null> {
  const holder = await consentOf(request).holderOf(id);
  return holder === null ? null : blockedBy(holder, id);
}

export function blockedBy(holder: string, contact: string): Blocked {
  const reason = `is held at Mautic by Person/${holder} (contact ${contact})`;
  return { kind: 'blocked', by: [{ type: 'Person', key: holder }], field: 'email', reason };
}
