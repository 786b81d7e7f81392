import { isDeepStrictEqual } from 'node:util';
import type { FastifyRequest } from 'fastify';
import { type Manner, type Sent, contactsIdentifiedBy, submit } from './contact-form.ts';
import { contactDeleted, contactSaved, subscriptionChanged } from './contact-events.ts';
import { dncAfter, dncOf } from './do-not-contact.ts';
import { type Mautic, untilCommit } from './mautic.ts';
import type { Contact } from './records.ts';
import { type Refusal, invalid, notFound, serverError } from './refusal.ts';
import { tagsAfter } from './tags.ts';

/** Also finds a contact by the id of one that was merged into it. Throws Refusal 404. */
export function findContact({ store }: Mautic, id: number): Contact {
  const contact = store.contactOf(id);
  if (contact === undefined) throw notFound();
  return contact;
}

export type Written =
  | { readonly kind: 'created' | 'updated' | 'unchanged' | 'merged'; readonly contact: Contact }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Validates what was sent for a contact (undefined = a new one) and writes it a moment later. In between another
 * request can write the same values: no database constraint prevents it.
 */
export async function writeContact(
  mautic: Mautic,
  sent: Sent,
  read: Contact | undefined,
  manner: Manner,
  request?: FastifyRequest,
): Promise<Written> {
  if (Object.values(sent).some((value) => String(value).includes('\0'))) throw serverError('A text has a NUL in it.');
  const form = submit(mautic, sent, read, manner);
  if (form.kind === 'invalid') return { kind: 'refused', refusal: invalid(form.status, form.errors) };
  await untilCommit(mautic, request);

  if (read === undefined) return { kind: 'created', contact: insertContact(mautic, form.values, sent) };
  const others =
    mautic.settings.version === '4' ? contactsIdentifiedBy(mautic, sent).filter(({ id }) => id !== read.id) : [];
  const [other] = others;
  // If the contact was deleted meanwhile, the UPDATE matches no row; that is not an error.
  const current = mautic.store.contacts.find(read.id) ?? read;
  const target = other === undefined ? current : mergeContacts(mautic, current, other);
  const contact = changeContact(mautic, target, {
    values: withChanges(target.values, form.values, form.changed),
    tags: tagsAfter(mautic, target.tags, sent['tags']),
    doNotContact: dncAfter(mautic, target.doNotContact, sent['doNotContact'], false),
    profileImage: imageAfter(target, sent, manner),
  });
  if (other !== undefined) return { kind: 'merged', contact };
  return { kind: contact === target ? 'unchanged' : 'updated', contact };
}

function imageAfter({ profileImage }: Contact, sent: Sent, { form }: Manner): string | null {
  const image = sent['preferred_profile_image'];
  if (image === undefined && form !== 'PUT') return profileImage;
  return typeof image === 'string' ? image : null;
}

function withChanges(before: Contact['values'], after: Contact['values'], changed: readonly string[]) {
  const values = new Map(Object.entries(before));
  for (const alias of changed) {
    const value = after[alias];
    if (value === undefined) values.delete(alias);
    else values.set(alias, value);
  }
  return Object.fromEntries(values);
}

export function insertContact(mautic: Mautic, values: Contact['values'], sent: Sent): Contact {
  const { store, clock } = mautic;
  const now = clock.now();
  const contact = store.contacts.save({
    id: store.contacts.nextId(),
    values,
    tags: tagsAfter(mautic, [], sent['tags']),
    doNotContact: dncAfter(mautic, [], sent['doNotContact'], true),
    segments: [],
    profileImage: 'gravatar',
    mails: [],
    dateAdded: now,
    dateModified: null,
    dateIdentified: isIdentified(values) ? now : null,
  });
  contactSaved(mautic, contact, { isNew: true });
  for (const { channel, reason } of contact.doNotContact) subscriptionChanged(mautic, contact, channel, 0, reason);
  return contact;
}

const isIdentified = (values: Contact['values']): boolean =>
  ['firstname', 'lastname', 'company', 'email'].some((alias) => values[alias] !== undefined);

export type ContactChanges = Partial<
  Pick<Contact, 'values' | 'tags' | 'doNotContact' | 'segments' | 'mails' | 'profileImage'>
>;

/** Writes the differences, sets the dates and sends the webhooks. Returns the same object if nothing differs. */
export function changeContact(mautic: Mautic, before: Contact, changes: ContactChanges): Contact {
  const { store, clock, settings } = mautic;
  const draft = { ...before, ...changes };
  const changed = {
    values: !isDeepStrictEqual(draft.values, before.values),
    tags: !isDeepStrictEqual(draft.tags, before.tags),
    doNotContact: !isDeepStrictEqual(draft.doNotContact, before.doNotContact),
    segments: !isDeepStrictEqual(draft.segments, before.segments),
    profileImage: draft.profileImage !== before.profileImage,
  };
  if (!Object.values(changed).includes(true)) return before;
  const counts =
    changed.values ||
    changed.profileImage ||
    (changed.tags && settings.tagsBumpDateModified) ||
    (changed.doNotContact && settings.doNotContactBumpsDateModified) ||
    (changed.segments && settings.segmentsBumpDateModified);
  const contact = {
    ...draft,
    dateModified: counts ? clock.now() : before.dateModified,
    dateIdentified: before.dateIdentified ?? (isIdentified(draft.values) ? clock.now() : null),
  };
  if (store.contacts.find(before.id) === undefined) return contact;
  store.contacts.save(contact);
  if (counts) contactSaved(mautic, contact, { isNew: before.dateIdentified === null });
  const channels = new Set([...before.doNotContact, ...contact.doNotContact].map(({ channel }) => channel));
  for (const channel of channels) {
    const old = dncOf(before.doNotContact, channel)?.reason ?? 0;
    const now = dncOf(contact.doNotContact, channel)?.reason ?? 0;
    if (old !== now) subscriptionChanged(mautic, contact, channel, old, now);
  }
  return contact;
}

/**
 * Merges two contacts: the older one stays, whichever was addressed; of two values that of the contact edited last
 * wins; tags and segment memberships are combined. A setting decides about do-not-contact.
 */
export function mergeContacts(mautic: Mautic, left: Contact, right: Contact): Contact {
  const [winner, loser] =
    left.dateAdded < right.dateAdded || (left.dateAdded === right.dateAdded && left.id < right.id)
      ? [left, right]
      : [right, left];
  return mergeInto(mautic, winner, loser);
}

const lastEdit = ({ dateModified, dateAdded }: Contact): number => dateModified ?? dateAdded;

export function mergeInto(mautic: Mautic, winner: Contact, loser: Contact): Contact {
  const [newest, oldest] = lastEdit(loser) > lastEdit(winner) ? [loser, winner] : [winner, loser];
  const channels = new Set(winner.doNotContact.map(({ channel }) => channel));
  const moved = mautic.settings.mergeKeepsDoNotContact
    ? loser.doNotContact.filter(({ channel }) => !channels.has(channel))
    : [];
  const segments = new Set(winner.segments.map(({ segment }) => segment));
  for (const earlier of mautic.store.merges.by('into', String(loser.id)))
    mautic.store.merges.save({ ...earlier, into: winner.id });
  mautic.store.merges.save({ id: loser.id, into: winner.id });
  deleteContact(mautic, loser);
  const points = Number(winner.values['points'] ?? 0) + Number(loser.values['points'] ?? 0);
  return changeContact(mautic, winner, {
    values: { ...oldest.values, ...newest.values, ...(points === 0 ? {} : { points }) },
    tags: [...new Set([...winner.tags, ...loser.tags])],
    doNotContact: [...winner.doNotContact, ...moved],
    mails: [...winner.mails, ...loser.mails].toSorted((one, other) => one - other),
    segments: [...winner.segments, ...loser.segments.filter(({ segment }) => !segments.has(segment))],
  });
}

/** Its id is never reused. */
export function deleteContact(mautic: Mautic, contact: Contact): void {
  mautic.store.contacts.remove(contact.id);
  contactDeleted(mautic, contact);
}
