import { isDeepStrictEqual } from 'node:util';
import type { FastifyRequest } from 'fastify';
import { type Chatwoot, untilCommit } from './chatwoot.ts';
import { type ContactColumns, type ContactValues, checkIndexes, columnsOf, invalidities } from './contact-rules.ts';
import { type Changes, contactCreated, contactUpdated, withUpdatedAt } from './events.ts';
import type { Attributes, Contact } from './records.ts';
import { Refusal, notFound, recordInvalid } from './refusal.ts';
import { iso } from './shapes.ts';

/** Where a write comes from: an API request, to which the knobs apply, or the back door (no request). */
export interface Asked {
  readonly request?: FastifyRequest | undefined;
  /** Skips every validation except the unique indexes, as old data and imports did. */
  readonly unvalidated?: boolean;
}

const columnsIn = (contact: Contact): ContactColumns => ({
  name: contact.name,
  email: contact.email,
  phone_number: contact.phone_number,
  identifier: contact.identifier,
  blocked: contact.blocked,
  additional_attributes: contact.additional_attributes,
  custom_attributes: contact.custom_attributes,
  location: contact.location,
  country_code: contact.country_code,
});

/** Throws Refusal 404. */
export function findContact({ store }: Chatwoot, id: number): Contact {
  const contact = store.contacts.find(id);
  if (contact === undefined) throw notFound();
  return contact;
}

/** Throws Refusal 422 with the invalid attributes, or 500 if another request wins the race for a unique value. */
export async function createContact(
  chatwoot: Chatwoot,
  values: ContactValues,
  { request, unvalidated = false }: Asked = {},
): Promise<Contact> {
  const { store, clock } = chatwoot;
  const columns = columnsOf(values);
  const problems = unvalidated ? [] : invalidities(chatwoot, columns);
  if (problems.length > 0) throw recordInvalid(problems);
  await untilCommit(chatwoot, request);
  checkIndexes(store, columns);
  const now = clock.now();
  const contact = store.contacts.save({
    ...columns,
    id: store.contacts.nextId(),
    labels: [],
    contact_inboxes: [],
    last_activity_at: null,
    created_at: now,
    updated_at: now,
  });
  contactCreated(chatwoot, contact);
  return contact;
}

/**
 * Validates the whole record, then writes the columns that differ from what was read. Of two concurrent requests that
 * merge into the same attributes, the later one therefore undoes the earlier. Throws Refusal like createContact.
 */
export async function saveContact(
  chatwoot: Chatwoot,
  read: Contact,
  columns: ContactColumns,
  { request, unvalidated = false }: Asked = {},
): Promise<Contact> {
  const { store } = chatwoot;
  const problems = unvalidated ? [] : invalidities(chatwoot, columns, read.id);
  if (problems.length > 0) throw recordInvalid(problems);
  const changes = changesBetween(columnsIn(read), columns);
  if (Object.keys(changes).length === 0) return read;
  await untilCommit(chatwoot, request);
  // If the contact was deleted meanwhile, the UPDATE matches no row; Rails does not report that as an error.
  if (store.contacts.find(read.id) === undefined) return { ...read, ...columns };
  checkIndexes(store, columns, read.id);
  return writeChanges(chatwoot, read.id, changes);
}

export const updateContact = (chatwoot: Chatwoot, read: Contact, values: ContactValues, asked: Asked = {}) =>
  saveContact(chatwoot, read, columnsOf(values, columnsIn(read)), asked);

export const removeAttributes = (chatwoot: Chatwoot, read: Contact, keys: readonly string[], asked: Asked = {}) =>
  saveContact(
    chatwoot,
    read,
    {
      ...columnsIn(read),
      custom_attributes: Object.fromEntries(
        Object.entries(read.custom_attributes).filter(([key]) => !keys.includes(key)),
      ),
    },
    asked,
  );

/** A person wrote: updates `last_activity_at`, which fires contact_updated. An invalid record is not updated. */
export function noteActivity(chatwoot: Chatwoot, id: number, at: number): void {
  const contact = chatwoot.store.contacts.find(id);
  if (contact === undefined || invalidities(chatwoot, contact, id).length > 0) return;
  const previous = contact.last_activity_at === null ? null : iso(contact.last_activity_at);
  const changes = { last_activity_at: { previous, current: iso(at) } };
  writeChanges(chatwoot, id, changes, { last_activity_at: at });
}

/** Lower-cases the titles and replaces the whole list. No webhook is sent. */
export function labelContact({ store }: Chatwoot, contact: Contact, labels: readonly string[]): Contact {
  return store.contacts.save({ ...contact, labels: titles(labels) });
}

export const titles = (labels: readonly string[]): string[] => [
  ...new Set(labels.map((label) => label.trim().toLowerCase()).filter((label) => label !== '')),
];

/**
 * Throws Refusal 422 while the contact is online. Its conversations are deleted a little later; neither deletion sends
 * a webhook.
 */
export function deleteContact(chatwoot: Chatwoot, contact: Contact): void {
  const { store, online, background } = chatwoot;
  if (online.has(contact.id)) {
    const name = contact.name.charAt(0).toUpperCase() + contact.name.slice(1).toLowerCase();
    throw new Refusal(422, { message: `${name} is Online, please try again later` });
  }
  store.contacts.remove(contact.id);
  background.later(() => {
    for (const conversation of store.conversations.by('contact', contact.id)) {
      for (const message of store.messages.by('conversation', conversation.id)) store.messages.remove(message.id);
      store.conversations.remove(conversation.id);
    }
  });
}

/**
 * The base takes over the mergee's conversations and addresses, and those values that it lacks itself. The mergee is
 * deleted; its identifier is lost if the base has one.
 */
export function mergeContacts(chatwoot: Chatwoot, base: Contact, mergee: Contact): Contact {
  if (base.id === mergee.id) return base;
  const { store } = chatwoot;
  for (const conversation of store.conversations.by('contact', mergee.id)) {
    store.conversations.save({ ...conversation, contact_id: base.id });
    for (const message of store.messages.by('conversation', conversation.id)) {
      if (message.sender?.type === 'Contact' && message.sender.id === mergee.id) {
        store.messages.save({ ...message, sender: { type: 'Contact', id: base.id } });
      }
    }
  }
  store.contacts.remove(mergee.id);
  store.contacts.save({ ...base, contact_inboxes: [...base.contact_inboxes, ...mergee.contact_inboxes] });
  const columns = columnsOf(
    {
      name: present(base.name) ?? mergee.name,
      email: present(base.email) ?? mergee.email,
      phone_number: present(base.phone_number) ?? mergee.phone_number,
      identifier: present(base.identifier) ?? mergee.identifier,
      additional_attributes: deeplyMerged(mergee.additional_attributes, base.additional_attributes),
      custom_attributes: deeplyMerged(mergee.custom_attributes, base.custom_attributes),
    },
    columnsIn(base),
  );
  const changes = changesBetween(columnsIn(base), columns);
  if (Object.keys(changes).length === 0) return findContact(chatwoot, base.id);
  return writeChanges(chatwoot, base.id, changes);
}

const present = (value: string | null): string | undefined =>
  value === null || value.trim() === '' ? undefined : value;

const isHash = (value: unknown): value is Attributes =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function deeplyMerged(under: Attributes, over: Attributes): Attributes {
  const merged = Object.entries(over).map(([key, value]) => {
    const below = under[key];
    return [key, isHash(value) && isHash(below) ? deeplyMerged(below, value) : value];
  });
  return { ...under, ...Object.fromEntries(merged) };
}

function changesBetween(before: ContactColumns, after: ContactColumns): Changes {
  const columns = Object.keys(after) as (keyof ContactColumns)[];
  return Object.fromEntries(
    columns
      .filter((column) => !isDeepStrictEqual(before[column], after[column]))
      .map((column) => [column, { previous: before[column], current: after[column] }]),
  );
}

function writeChanges(
  chatwoot: Chatwoot,
  id: number,
  changes: Changes,
  values: Partial<Contact> = Object.fromEntries(
    Object.entries(changes).map(([column, { current }]) => [column, current]),
  ),
): Contact {
  const { store, clock } = chatwoot;
  const before = findContact(chatwoot, id);
  const contact = store.contacts.save({ ...before, ...values, updated_at: clock.now() });
  contactUpdated(chatwoot, contact, withUpdatedAt(changes, before.updated_at, contact.updated_at));
  return contact;
}
