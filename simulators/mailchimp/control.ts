import type { SimulatorControl } from '../kit/control-routes.ts';
import { actThroughBackdoor, backdoorAction } from './backdoor.ts';
import type { BatchStatus } from './batches.ts';
import { subscriberHash } from './identity.ts';
import { type Mailchimp, isoOf } from './mailchimp.ts';
import { Problem, problemBody } from './problem.ts';
import type { Hold, Hook, Member, MergeField, MergeValue, Status } from './records.ts';
import { namedSettings } from '../kit/named-settings.ts';
import { type Settings, settingsSchema } from './settings.ts';
import { tagName } from './tags.ts';

/** A member as tests see it; times are ISO 8601 in whole seconds, UTC. */
export interface MemberState {
  readonly email: string;
  readonly contactId: string;
  readonly status: Status;
  /** Who or what blocks mail to the member. */
  readonly hold: Hold | null;
  /** By tag; an empty one may be missing. */
  readonly mergeFields: Readonly<Record<string, MergeValue>>;
  /** Names of the selected interests. */
  readonly interests: readonly string[];
  /** Texts of the granted permissions. */
  readonly permissions: readonly string[];
  readonly tags: readonly string[];
  readonly language: string;
  readonly vip: boolean;
  readonly lastChanged: string;
  readonly source: string;
}

/** What Mailchimp's database holds. */
export interface MailchimpState {
  /** By id (md5 of the lower-case address). */
  readonly members: Readonly<Record<string, MemberState>>;
  /** Hashes of the erased addresses. */
  readonly forgotten: readonly string[];
  readonly mergeFields: readonly MergeField[];
  /** Ids by category and name. */
  readonly interests: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly webhooks: readonly Hook[];
  readonly batches: Readonly<Record<string, BatchStatus>>;
  /** Addresses that were sent a confirmation mail, in order. */
  readonly confirmationsSent: readonly string[];
  readonly automationsStarted: readonly { readonly email: string; readonly tag: string }[];
}

/** In the list's order. */
const namesOf = <Row extends { readonly key: string }>(
  rows: readonly Row[],
  keys: readonly string[],
  nameOf: (row: Row) => string,
): string[] => rows.filter(({ key }) => keys.includes(key)).map(nameOf);

const memberState = (mailchimp: Mailchimp, member: Member): MemberState => ({
  email: member.email,
  contactId: member.contactId,
  status: member.status,
  hold: member.hold,
  mergeFields: member.mergeFields,
  interests: namesOf(mailchimp.store.interests.all(), member.interests, ({ name }) => name),
  permissions: namesOf(mailchimp.store.permissions.all(), member.permissions, ({ text }) => text),
  tags: member.tags.map(({ id }) => tagName(mailchimp, id)),
  language: member.language,
  vip: member.vip,
  lastChanged: isoOf(member.lastChanged),
  source: member.source,
});

const stateOf = (mailchimp: Mailchimp): MailchimpState => {
  const { store, batches, effects } = mailchimp;
  return {
    members: Object.fromEntries(
      store.members.all().map((member) => [subscriberHash(member.email), memberState(mailchimp, member)]),
    ),
    forgotten: store.forgotten.all().map(({ hash }) => hash),
    mergeFields: store.mergeFields.all(),
    interests: Object.fromEntries(
      store.categories
        .all()
        .map(({ key, title }) => [
          title,
          Object.fromEntries(store.interests.by('category', key).map((interest) => [interest.name, interest.key])),
        ]),
    ),
    webhooks: store.hooks.all(),
    batches: Object.fromEntries(store.batches.all().map((batch) => [batch.key, batches.statusOf(batch)])),
    ...effects,
  };
};

/** The test control of Mailchimp. A reset restores the initial settings. */
export function mailchimpControl(mailchimp: Mailchimp, initial: Settings): SimulatorControl {
  const { store, webhooks, batches, effects } = mailchimp;
  return {
    reset() {
      webhooks.clear();
      batches.clear();
      store.reset();
      effects.confirmationsSent.length = 0;
      effects.automationsStarted.length = 0;
      mailchimp.settings = initial;
    },
    state: () => stateOf(mailchimp),
    settings: {
      path: '/settings',
      read: () => mailchimp.settings,
      write(sent) {
        mailchimp.settings = { ...mailchimp.settings, ...namedSettings(settingsSchema, sent) };
      },
    },
    backdoor: (action) => actThroughBackdoor(mailchimp, backdoorAction.parse(action)),
    refusal: (error) => (error instanceof Problem ? { status: error.status, body: problemBody(error) } : undefined),
    deliveries: () => webhooks.read(),
  };
}
