import { z } from 'zod';
import { createMergeField, deleteMergeField } from './field-routes.ts';
import { subscriberHash } from './identity.ts';
import { type Mailchimp, nowOf } from './mailchimp.ts';
import { memberBody } from './member-body.ts';
import { type Standing, firstStanding, holdOf } from './member-status.ts';
import {
  type Manner,
  archiveMember,
  changeMember,
  findMember,
  forgetAddress,
  forgetMember,
  insertMember,
  memberAt,
  updateMember,
} from './member-writes.ts';
import { invalid, notFound } from './problem.ts';
import { type Member, type MergeField, type Source, askedStatuses, mergeTypes } from './records.ts';
import { fieldOptions } from './setup.ts';
import { switchTags } from './tag-routes.ts';

/** By address, hash or contact id. */
const member = z.string();
/** The member in one of Mailchimp's forms, or a marketer in the web app. */
const by = z.enum(['user', 'admin']);
const values = memberBody
  .pick({ merge_fields: true, interests: true, language: true, vip: true, marketing_permissions: true })
  .strict();

/** What happens at Mailchimp without EMS: actions of a member, a marketer or a mail server. */
export const backdoorAction = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('create-member'),
    email: z.string(),
    status: z.enum(askedStatuses).default('subscribed'),
    set: values.default({}),
    tags: z.array(z.string()).default([]),
    by: by.default('admin'),
  }),
  z.strictObject({ do: z.literal('edit-member'), member, set: values, by: by.default('user') }),
  z.strictObject({ do: z.literal('change-email'), member, email: z.string(), by: by.default('user') }),
  z.strictObject({ do: z.literal('unsubscribe'), member, by: by.default('user') }),
  /** The member reports a mail as spam and is unsubscribed. */
  z.strictObject({ do: z.literal('complain'), member }),
  /** A mail to the member hard-bounced. */
  z.strictObject({ do: z.literal('clean'), member }),
  /** Mailchimp's compliance review stops mail to the member; the status stays. */
  z.strictObject({ do: z.literal('mark-compliance'), member }),
  /**
   * The member signs up in Mailchimp's form: `pending`, then `subscribed` once the mail is confirmed. Works also after
   * an unsubscribe, a bounce or an erasure.
   */
  z.strictObject({ do: z.literal('sign-up'), email: z.string(), confirm: z.boolean().default(true) }),
  /** The member follows the link in the confirmation mail. */
  z.strictObject({ do: z.literal('confirm'), member }),
  z.strictObject({
    do: z.literal('tag-member'),
    member,
    add: z.array(z.string()).default([]),
    remove: z.array(z.string()).default([]),
  }),
  z.strictObject({ do: z.literal('archive'), member }),
  z.strictObject({ do: z.literal('unarchive'), member }),
  z.strictObject({ do: z.literal('delete-permanent'), member }),
  /** The same for an address without a member. */
  z.strictObject({ do: z.literal('forget'), email: z.string() }),
  z.strictObject({
    do: z.literal('create-merge-field'),
    tag: z.string(),
    name: z.string().optional(),
    type: z.enum(mergeTypes).default('text'),
    required: z.boolean().default(false),
    options: fieldOptions.optional(),
  }),
  z.strictObject({ do: z.literal('require-merge-field'), tag: z.string(), required: z.boolean().default(true) }),
  /** Deletes its values too. */
  z.strictObject({ do: z.literal('delete-merge-field'), tag: z.string() }),
  z.strictObject({ do: z.literal('create-interests'), category: z.string(), interests: z.array(z.string()) }),
]);

export type BackdoorAction = z.input<typeof backdoorAction>;

/** What the action created or changed. */
export interface BackdoorOutcome {
  /** The member's id, which changes with the address. */
  readonly id?: string;
  readonly mergeField?: string;
  /** Ids by name. */
  readonly interests?: Readonly<Record<string, string>>;
}

const manner = (source: 'user' | 'admin'): Manner => ({
  skipMergeValidation: true,
  source,
  origin: source === 'user' ? 'Hosted Signup Form' : 'Admin Add',
});

/** Runs the action with all its effects, webhooks included. Throws Problem where Mailchimp would refuse. */
export function actThroughBackdoor(mailchimp: Mailchimp, action: z.output<typeof backdoorAction>): BackdoorOutcome {
  switch (action.do) {
    case 'create-member': {
      const sent = { ...action.set, email_address: action.email, tags: action.tags };
      return idOf(insertMember(mailchimp, sent, firstStanding(action.status, action.by), manner(action.by)));
    }
    case 'edit-member':
      return idOf(updateMember(mailchimp, found(mailchimp, action), action.set, manner(action.by)));
    case 'change-email': {
      const sent = { email_address: action.email };
      return idOf(updateMember(mailchimp, found(mailchimp, action), sent, manner(action.by)));
    }
    case 'unsubscribe':
      return stands(mailchimp, action, { status: 'unsubscribed', hold: holdOf(action.by) }, action.by);
    case 'complain': {
      const { store } = mailchimp;
      const { email } = found(mailchimp, action);
      store.abuseReports.save({ id: store.abuseReports.nextId(), email, reportedAt: nowOf(mailchimp) });
      return stands(mailchimp, action, { status: 'unsubscribed', hold: 'member' }, 'user');
    }
    case 'clean':
      return stands(mailchimp, action, { status: 'cleaned', hold: 'bounce' }, 'admin');
    case 'mark-compliance':
      return stands(mailchimp, action, { status: found(mailchimp, action).status, hold: 'compliance' }, 'admin');
    case 'sign-up':
      return signUp(mailchimp, action);
    case 'confirm': {
      if (found(mailchimp, action).status !== 'pending') throw invalid('There is nothing to confirm.');
      return stands(mailchimp, action, { status: 'subscribed', hold: null }, 'user');
    }
    case 'tag-member': {
      const switches = [
        ...action.add.map((name) => ({ name, status: 'active' as const })),
        ...action.remove.map((name) => ({ name, status: 'inactive' as const })),
      ];
      return idOf(switchTags(mailchimp, found(mailchimp, action), switches, { source: 'admin', silent: false }));
    }
    case 'archive':
      archiveMember(mailchimp, found(mailchimp, action), 'admin');
      return idOf(found(mailchimp, action));
    case 'unarchive': {
      const { status, hold } = found(mailchimp, action);
      if (status !== 'archived') throw invalid('It is not archived.');
      return stands(mailchimp, action, { status: statusUnder(hold), hold }, 'admin');
    }
    case 'delete-permanent':
      forgetMember(mailchimp, found(mailchimp, action), 'admin');
      return {};
    case 'forget':
      forgetAddress(mailchimp, action.email);
      return {};
    case 'create-merge-field':
      return { mergeField: createMergeField(mailchimp, { ...action, name: action.name ?? action.tag }).tag };
    case 'require-merge-field': {
      const field = findMergeField(mailchimp, action.tag);
      return { mergeField: mailchimp.store.mergeFields.save({ ...field, required: action.required }).tag };
    }
    case 'delete-merge-field':
      deleteMergeField(mailchimp, findMergeField(mailchimp, action.tag));
      return { mergeField: action.tag };
    case 'create-interests':
      return createInterests(mailchimp, action);
  }
}

const idOf = ({ email }: Member): BackdoorOutcome => ({ id: subscriberHash(email) });

const found = (mailchimp: Mailchimp, { member: key }: { readonly member: string }): Member =>
  findMember(mailchimp, key);

function stands(
  mailchimp: Mailchimp,
  action: { readonly member: string },
  standing: Standing,
  source: Source,
): BackdoorOutcome {
  const before = found(mailchimp, action);
  const subscribes = standing.status === 'subscribed' && before.status !== 'subscribed';
  const optedInAt = subscribes ? nowOf(mailchimp) : before.optedInAt;
  return idOf(changeMember(mailchimp, before, { ...before, ...standing, optedInAt }, source));
}

const statusUnder = (hold: Member['hold']): Member['status'] => {
  if (hold === 'bounce') return 'cleaned';
  return hold === null || hold === 'compliance' ? 'subscribed' : 'unsubscribed';
};

function signUp(mailchimp: Mailchimp, { email, confirm }: { readonly email: string; readonly confirm: boolean }) {
  const { store, effects } = mailchimp;
  for (const { id } of store.forgotten.by('hash', subscriberHash(email))) store.forgotten.remove(id);
  const known = memberAt(mailchimp, subscriberHash(email));
  const pending = { status: 'pending', hold: known?.hold ?? null } as const;
  if (known === undefined) {
    insertMember(mailchimp, { email_address: email }, pending, manner('user'));
  } else if (known.status !== 'subscribed') {
    changeMember(mailchimp, known, { ...known, ...pending }, 'user');
    effects.confirmationsSent.push(known.email);
  }
  const action = { member: subscriberHash(email) };
  if (confirm) return stands(mailchimp, action, { status: 'subscribed', hold: null }, 'user');
  return idOf(found(mailchimp, action));
}

function findMergeField({ store }: Mailchimp, tag: string): MergeField {
  const [field] = store.mergeFields.by('tag', tag);
  if (field === undefined) throw notFound();
  return field;
}

function createInterests(
  { store }: Mailchimp,
  { category: title, interests }: { readonly category: string; readonly interests: readonly string[] },
): BackdoorOutcome {
  const known = store.categories.all().find((one) => one.title === title);
  const category = known ?? store.addCategory({ title, type: 'checkboxes' });
  return { interests: Object.fromEntries(interests.map((name) => [name, store.addInterest(category, name).key])) };
}
