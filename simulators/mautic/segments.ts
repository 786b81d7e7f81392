import { segmentChanged } from './contact-events.ts';
import { changeContact } from './contact-writes.ts';
import type { Mautic } from './mautic.ts';
import type { Contact, Segment } from './records.ts';
import { notFound } from './refusal.ts';
import { cleanText } from './clean.ts';

/** Throws Refusal 404. */
export function findSegment({ store }: Mautic, id: number): Segment {
  const segment = store.segments.find(id);
  if (segment === undefined) throw notFound();
  return segment;
}

/** Letters without accents, digits and hyphens, in lower case; an alias that is taken gets a number behind it. */
export function freeAlias(wish: string, separator: string, isTaken: (alias: string) => boolean): string {
  const plain = wish
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .toLowerCase()
    .replaceAll(new RegExp(`[^a-z0-9_${separator}]+`, 'g'), separator)
    .replaceAll(new RegExp(`^${separator}+|${separator}+$`, 'g'), '');
  const base = plain === '' ? 'unnamed' : plain;
  let alias = base;
  for (let number = 1; isTaken(alias); number += 1) alias = `${base}${number}`;
  return alias;
}

export function createSegment(
  { store, clock }: Mautic,
  { name, alias, description }: { readonly name: string; readonly alias: string; readonly description: string | null },
): Segment {
  return store.segments.save({
    id: store.segments.nextId(),
    name: cleanText(name),
    alias: freeAlias(alias === '' ? name : alias, '-', (wish) => store.segments.by('alias', wish).length > 0),
    description,
    dateAdded: clock.now(),
  });
}

/** What is so already stays as it is, and nothing tells of it. */
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
