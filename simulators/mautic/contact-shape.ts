import type { Mautic } from './mautic.ts';
import { PhpArray, isoOf } from './php.ts';
import type { Contact, Field, Membership } from './records.ts';

/** Mautic returns comments HTML-encoded. */
const encoded = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&#34;')
    .replaceAll("'", '&#39;');

const orNull = (ms: number | null): string | null => (ms === null ? null : isoOf(ms));

/** One field of a contact. */
const fieldShape = (field: Field, contact: Contact) => ({
  id: String(field.id),
  label: field.label,
  alias: field.alias,
  type: field.type,
  group: field.group,
  object: 'lead',
  is_fixed: field.isFixed ? '1' : '0',
  default_value: field.defaultValue,
  value: contact.values[field.alias] ?? null,
  normalizedValue: contact.values[field.alias] ?? null,
});

function fieldsShape({ store }: Mautic, contact: Contact, id: number | null, withAll: boolean) {
  const fields = store.fields.all().filter(({ isPublished }) => isPublished);
  const group = (name: Field['group']) =>
    new PhpArray(
      fields.filter((field) => field.group === name).map((field) => [field.alias, fieldShape(field, contact)] as const),
    );
  return {
    core: group('core'),
    social: group('social'),
    personal: group('personal'),
    professional: group('professional'),
    ...(withAll && {
      all: {
        id,
        ...Object.fromEntries(fields.map(({ alias }) => [alias, contact.values[alias] ?? null])),
        points: Number(contact.values['points'] ?? 0),
      },
    }),
  };
}

/** A contact as the API and webhooks show it. A deleted one has no id. */
export function contactShape(mautic: Mautic, contact: Contact, id: number | null = contact.id) {
  return shapeOf(mautic, contact, id, true);
}

/** A contact after a change of do-not-contact, or refused in a batch: without `fields.all`. */
export const contactWithoutAll = (mautic: Mautic, contact: Contact) => shapeOf(mautic, contact, contact.id, false);

function shapeOf(mautic: Mautic, contact: Contact, id: number | null, withAll: boolean) {
  return {
    isPublished: true,
    dateAdded: isoOf(contact.dateAdded),
    dateModified: orNull(contact.dateModified),
    createdBy: 1,
    createdByUser: 'EMS Sync',
    modifiedBy: contact.dateModified === null ? null : 1,
    modifiedByUser: contact.dateModified === null ? null : 'EMS Sync',
    id,
    points: Number(contact.values['points'] ?? 0),
    color: null,
    fields: fieldsShape(mautic, contact, id, withAll),
    lastActive: null,
    owner: null,
    ipAddresses: [],
    tags: contact.tags.flatMap((tagId) => {
      const tag = mautic.store.tags.find(tagId);
      return tag === undefined ? [] : [{ id: tag.id, tag: tag.tag, description: null }];
    }),
    utmtags: [],
    stage: null,
    dateIdentified: orNull(contact.dateIdentified),
    preferredProfileImage: contact.profileImage,
    doNotContact: contact.doNotContact.map((record) => ({
      id: record.id,
      reason: record.reason,
      comments: encoded(record.comments),
      channel: record.channel,
      channelId: record.channelId,
    })),
    frequencyRules: [],
  };
}

/** The contact's current segments, by id; those it was removed from are left out. */
export const segmentsShape = ({ store }: Mautic, memberships: readonly Membership[]) =>
  new PhpArray(
    memberships
      .filter(({ manuallyRemoved }) => !manuallyRemoved)
      .flatMap((membership) => {
        const segment = store.segments.find(membership.segment);
        if (segment === undefined) return [];
        const { id, name, alias } = segment;
        const { dateAdded, manuallyAdded, manuallyRemoved } = membership;
        return [[id, { id, name, alias, dateAdded: isoOf(dateAdded), manuallyAdded, manuallyRemoved }] as const];
      }),
  );
