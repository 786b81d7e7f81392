import type { Content } from '../../sync/content-hash.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { SendResult } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { ChatwootApi, ContactAttribute } from './api.ts';
import { personColumn } from './person-mapping.ts';
import type { ContactIdentity } from './contact-identity.ts';
import { contactContent, isRemoved } from './read-contact.ts';

/** Attributes besides the identifier that must be unique among contacts. */
export const CONTESTED = ['email', 'phone_number'] as const;
export type Contested = (typeof CONTESTED)[number];

/** ChatWoot's contacts, and how to tell whose they are. */
export interface Contacts {
  readonly api: ChatwootApi;
  readonly identity: ContactIdentity;
}

/** The contact with the person's identifier. The list may lag, and compares case-insensitively. */
export async function findByKey({ api, identity }: Contacts, key: EntityKey): Promise<Contact | null> {
  const found = await api.findContacts(identifiersOf(identity, key));
  return found.find((contact) => identity.isOwn(contact, key)) ?? null;
}

const identifiersOf = (identity: ContactIdentity, key: EntityKey) =>
  identity.lookUps(key).map((identifier) => ['identifier', identifier] as const);

/** Contacts with the person's identifier, e-mail address or phone number, in this order. */
export async function findLike(
  { api, identity }: Contacts,
  key: EntityKey,
  content: Content,
): Promise<readonly Candidate[]> {
  const values = CONTESTED.flatMap((field): [Contested, string][] => {
    const value = content[field];
    return typeof value === 'string' ? [[field, value]] : [];
  });
  const found = await api.findContacts([...identifiersOf(identity, key), ...values]);
  return [
    ...found
      .filter((contact) => identity.isOwn(contact, key))
      .map((contact) => ({ by: 'identifier' as const, contact })),
    ...values.flatMap(([by, value]) =>
      found.filter((contact) => contactContent(contact)[by] === value).map((contact) => ({ by, contact })),
    ),
  ];
}

export interface Candidate {
  /** The attribute that matches the person. */
  readonly by: ContactAttribute;
  readonly contact: Contact;
}

/** The owner of a contact that has one of our values. */
export type Ownership = 'own' | 'free' | 'removed' | 'other-person';

/** @throws SyncError of class `rejected` if the contact belongs to another system, which only a human can resolve. */
export function ownershipOf(identity: ContactIdentity, { by, contact }: Candidate, key: EntityKey): Ownership {
  const { identifier } = contact;
  if (identity.isOwn(contact, key)) return 'own';
  // A visitor can set the mark as well, so it counts only beside an identifier of ours.
  if (isRemoved(contact) && identity.provesMarks(contact)) return 'removed';
  if (identifier === null || identifier === undefined || identifier === '') return 'free';
  const claim = identity.claimOf(contact);
  if (claim !== null) return claim === key || isRemoved(contact) ? 'free' : 'other-person';
  const said = `ChatWoot's contact ${contact.id} has it, with an identifier that is no EMS id: take one of the two away`;
  throw new SyncError('rejected', said, { code: 'foreign-identifier', field: personColumn(by) });
}

/** The engine requests that person first. */
export function blockedBy(identity: ContactIdentity, { by, contact }: Candidate): SendResult {
  const key = identity.claimOf(contact);
  return {
    kind: 'blocked',
    by: key === null ? [] : [{ type: 'Person', key }],
    field: personColumn(by),
    reason: `is held at ChatWoot by Person/${key} (contact ${contact.id})`,
  };
}
