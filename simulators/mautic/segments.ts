import { segmentChanged } from './contact-events.ts';
import { changeContact } from './contact-writes.ts';
import type { Mautic } from './mautic.ts';
import type { Contact, Segment } from './records.ts';
import { Refusal, invalid, notFound } from './refusal.ts';
import { cleanText } from './clean.ts';

/** Throws Refusal 404. */
export function findSegment({ store }: Mautic, id: number): Segment {
  const segment = store.segments.find(id);
  if (segment === undefined) throw notFound();
  return segment;
}

/**
 * Finds a segment for a change of its members: whoever may view it may change them, if it is published. Throws Refusal
 * 404 or 403.
 */
export function openSegment(mautic: Mautic, id: number): Segment {
  const segment = findSegment(mautic, id);
  if (!segment.isPublished) throw new Refusal(403, 'You do not have access to the requested area/action.');
  return segment;
}

/** Letters without accents, digits and hyphens, in lower case. */
export function aliasOf(wish: string, separator: string): string {
  const plain = wish
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .toLowerCase()
    .replaceAll(new RegExp(`[^a-z0-9_${separator}]+`, 'g'), separator)
    .replaceAll(new RegExp(`^${separator}+|${separator}+$`, 'g'), '');
  return plain === '' ? 'unnamed' : plain;
}

/** Throws Refusal 400 if the alias is taken. */
export function createSegment(
  { store, clock }: Mautic,
  { name, alias, description }: { readonly name: string; readonly alias: string; readonly description: string | null },
): Segment {
  const wanted = aliasOf(alias === '' ? name : alias, '-');
  if (store.segments.by('alias', wanted).length > 0) throw invalid(400, { alias: ['This alias is already in use.'] });
  return store.segments.save({
    id: store.segments.nextId(),
    name: cleanText(name),
    alias: wanted,
    description,
    isPublished: true,
    dateAdded: clock.now(),
  });
}

/** A move without effect changes nothing and sends no webhook. */
export function moveInSegment(
  mautic: Mautic,
  contact: Contact,
  segment: Segment,
  action: 'added' | 'removed',
): Contact {
  const before = contact.segments.find((membership) => membership.segment === segment.id);
  const isIn = before !== undefined && !before.manuallyRemoved;
  if (isIn === (action === 'added') || (before === undefined && action === 'removed')) return contact;
  const membership = {
    segment: segment.id,
    dateAdded: before?.dateAdded ?? mautic.clock.now(),
    manuallyAdded: action === 'added',
    manuallyRemoved: action === 'removed',
  };
  const after = changeContact(mautic, contact, {
    segments: [...contact.segments.filter((one) => one !== before), membership],
  });
  segmentChanged(mautic, after, segment, action);
  return after;
}
