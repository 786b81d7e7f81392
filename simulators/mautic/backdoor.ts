import { z } from 'zod';
import { publishedFields } from './contact-form.ts';
import { changeContact, deleteContact, findContact, insertContact, mergeInto } from './contact-writes.ts';
import { convertValue } from './convert-value.ts';
import { dncOf, withDnc, withoutDnc } from './do-not-contact.ts';
import { createField } from './field-routes.ts';
import { saveHook } from './hook-routes.ts';
import type { Mautic } from './mautic.ts';
import { BOUNCED, type Contact, type FieldValue, MANUAL, UNSUBSCRIBED } from './records.ts';
import { invalid } from './refusal.ts';
import { createSegment, findSegment, moveInSegment } from './segments.ts';
import { tagsAfter } from './tags.ts';

const id = z.int().min(1);
const values = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).nullable());
const tags = z.array(z.string());
const channel = z.string().default('email');
const reasons = { unsubscribe: UNSUBSCRIBED, bounce: BOUNCED, 'do-not-contact': MANUAL } as const;

/** What happens at Mautic without EMS: actions of a marketer, a person or a mail server. */
export const backdoorAction = z.discriminatedUnion('do', [
  /** As an import does: nothing checks whether the identifiers are taken. */
  z.strictObject({ do: z.literal('create-contact'), set: values, tags: tags.default([]) }),
  /** Stores the values unchecked, as an import, a plugin or an older version may have left them. */
  z.strictObject({ do: z.literal('store-contact'), set: z.record(z.string(), z.string()) }),
  /** Stores the values as given: null clears, zero is kept. */
  z.strictObject({ do: z.literal('edit-contact'), contact: id, set: values }),
  z.strictObject({ do: z.literal('tag-contact'), contact: id, tags }),
  z.strictObject({ do: z.literal('delete-contact'), contact: id }),
  /** Merges `loser` into `winner`. */
  z.strictObject({ do: z.literal('merge-contacts'), winner: id, loser: id }),
  /** Creates `count` contacts with the same values, as parallel creates do. */
  z.strictObject({ do: z.literal('seed-duplicates'), set: values, count: z.int().min(2).default(2) }),
  /** Marketing sends a mail, with a link to unsubscribe. */
  z.strictObject({ do: z.literal('send-mail'), contact: id }),
  /** The person uses the link in a mail: nothing happens if the channel already has a record, whatever its reason. */
  z.strictObject({ do: z.literal('unsubscribe'), contact: id, channel, comments: z.string().default('') }),
  z.strictObject({ do: z.literal('bounce'), contact: id, channel, comments: z.string().default('') }),
  z.strictObject({ do: z.literal('do-not-contact'), contact: id, channel, comments: z.string().default('') }),
  z.strictObject({ do: z.literal('allow-contact'), contact: id, channel }),
  z.strictObject({
    do: z.literal('create-segment'),
    name: z.string(),
    alias: z.string().default(''),
    description: z.string().nullable().default(null),
  }),
  /** Members stay in it; an unpublished segment takes no additions or removals. */
  z.strictObject({ do: z.literal('publish-segment'), segment: id, isPublished: z.boolean() }),
  z.strictObject({ do: z.literal('add-to-segment'), contact: id, segment: id }),
  z.strictObject({ do: z.literal('remove-from-segment'), contact: id, segment: id }),
  z.strictObject({ do: z.literal('create-field'), field: z.record(z.string(), z.unknown()) }),
  /** The values stay stored but hidden, and new values for the field are ignored. */
  z.strictObject({ do: z.literal('unpublish-field'), alias: z.string() }),
  z.strictObject({ do: z.literal('set-default'), alias: z.string(), value: z.string().nullable() }),
  z.strictObject({ do: z.literal('create-hook'), hook: z.record(z.string(), z.unknown()) }),
  z.strictObject({ do: z.literal('publish-hook'), hook: id }),
]);

export type BackdoorAction = z.input<typeof backdoorAction>;

/** What the action created or changed. */
export interface BackdoorOutcome {
  readonly contact?: number;
  readonly contacts?: readonly number[];
  readonly segment?: number;
  readonly field?: { readonly id: number; readonly alias: string };
  readonly hook?: { readonly id: number; readonly secret: string };
}

/** Runs the action with all its effects, webhooks included. Throws Refusal where Mautic would refuse. */
export function actThroughBackdoor(mautic: Mautic, action: z.output<typeof backdoorAction>): BackdoorOutcome {
  const { store } = mautic;
  switch (action.do) {
    case 'create-contact':
      return { contact: insertContact(mautic, valuesAfter(mautic, {}, action.set), { tags: action.tags }).id };
    case 'store-contact':
      return { contact: insertContact(mautic, action.set, {}).id };
    case 'seed-duplicates': {
      const same = valuesAfter(mautic, {}, action.set);
      const contacts = Array.from({ length: action.count }, () => insertContact(mautic, same, {}).id);
      return { contacts };
    }
    case 'edit-contact':
      return edited(mautic, action.contact, (contact) => ({
        values: valuesAfter(mautic, contact.values, action.set),
      }));
    case 'tag-contact':
      return edited(mautic, action.contact, (contact) => ({ tags: tagsAfter(mautic, contact.tags, action.tags) }));
    case 'delete-contact':
      deleteContact(mautic, findContact(mautic, action.contact));
      return { contact: action.contact };
    case 'merge-contacts': {
      const winner = findContact(mautic, action.winner);
      return { contact: mergeInto(mautic, winner, findContact(mautic, action.loser)).id };
    }
    case 'send-mail': {
      const contact = findContact(mautic, action.contact);
      store.contacts.save({ ...contact, mails: [...contact.mails, mautic.clock.now()] });
      return { contact: contact.id };
    }
    case 'unsubscribe':
    case 'bounce':
      return edited(mautic, action.contact, ({ doNotContact }) => {
        if (dncOf(doNotContact, action.channel) !== undefined) return {};
        return { doNotContact: withDnc(mautic, doNotContact, { ...action, reason: reasons[action.do] }) };
      });
    case 'do-not-contact':
      return edited(mautic, action.contact, ({ doNotContact }) => ({
        doNotContact: withDnc(mautic, doNotContact, { ...action, reason: reasons[action.do] }),
      }));
    case 'allow-contact':
      return edited(mautic, action.contact, ({ doNotContact }) => ({
        doNotContact: withoutDnc(doNotContact, action.channel),
      }));
    case 'create-segment':
      return { segment: createSegment(mautic, action).id };
    case 'publish-segment': {
      const segment = findSegment(mautic, action.segment);
      return { segment: store.segments.save({ ...segment, isPublished: action.isPublished }).id };
    }
    case 'add-to-segment':
    case 'remove-from-segment': {
      const segment = findSegment(mautic, action.segment);
      const direction = action.do === 'add-to-segment' ? 'added' : 'removed';
      moveInSegment(mautic, findContact(mautic, action.contact), segment, direction);
      return { contact: action.contact, segment: segment.id };
    }
    case 'create-field': {
      const field = createField(mautic, action.field);
      return { field: { id: field.id, alias: field.alias } };
    }
    case 'unpublish-field':
    case 'set-default': {
      const [field] = store.fields.by('alias', action.alias);
      if (field === undefined) throw invalid(400, { alias: ['There is no such field.'] });
      const change = action.do === 'set-default' ? { defaultValue: action.value } : { isPublished: false };
      store.fields.save({ ...field, ...change });
      return { field: { id: field.id, alias: field.alias } };
    }
    case 'create-hook': {
      const hook = saveHook(mautic, action.hook);
      return { hook: { id: hook.id, secret: hook.secret } };
    }
    case 'publish-hook': {
      const hook = saveHook(mautic, { isPublished: true }, store.hooks.find(action.hook));
      return { hook: { id: hook.id, secret: hook.secret } };
    }
  }
}

function edited(mautic: Mautic, contactId: number, changes: (contact: Contact) => Partial<Contact>): BackdoorOutcome {
  const contact = findContact(mautic, contactId);
  return { contact: changeContact(mautic, contact, changes(contact)).id };
}

/** Throws Refusal 400 for an unknown field or a value that it does not accept. */
function valuesAfter(
  mautic: Mautic,
  before: Contact['values'],
  set: Readonly<Record<string, FieldValue | boolean>>,
): Contact['values'] {
  const after = new Map(Object.entries(before));
  for (const [alias, sent] of Object.entries(set)) {
    const field = publishedFields(mautic).find((one) => one.alias === alias);
    if (field === undefined) throw invalid(400, { [alias]: ['There is no such field.'] });
    const converted = convertValue(field, sent, mautic.settings);
    if (converted.kind === 'wrong') throw invalid(400, { [alias]: converted.messages });
    if (converted.kind === 'value' && converted.value !== null) after.set(alias, converted.value);
    else after.delete(alias);
  }
  return Object.fromEntries(after);
}
