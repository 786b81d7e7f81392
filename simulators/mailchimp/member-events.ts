import { uniqueEmailId } from './identity.ts';
import type { Mailchimp } from './mailchimp.ts';
import { mergeFieldsOf } from './member-shape.ts';
import type { Member, Source, Status, WebhookEvent } from './records.ts';

/** A webhook's data besides type and time; nested as PHP nests a form. */
export type EventData = Readonly<Record<string, unknown>>;

const interestsOf = ({ store }: Mailchimp, { interests }: Member): string =>
  interests.flatMap((key) => store.interests.by('key', key).map(({ name }) => name)).join(', ');

const groupingsOf = ({ store }: Mailchimp, { interests }: Member) =>
  store.categories.all().map(({ key, id, title }) => ({
    id,
    unique_id: key,
    name: title,
    groups: store.interests
      .by('category', key)
      .filter((interest) => interests.includes(interest.key))
      .map(({ name }) => name)
      .join(', '),
  }));

const profileOf = (mailchimp: Mailchimp, member: Member): EventData => ({
  id: uniqueEmailId(member.email),
  email: member.email,
  email_type: member.emailType,
  ip_opt: member.ipOpt,
  web_id: member.id,
  merges: {
    EMAIL: member.email,
    ...mergeFieldsOf(mailchimp, member),
    INTERESTS: interestsOf(mailchimp, member),
    GROUPINGS: groupingsOf(mailchimp, member),
  },
  list_id: mailchimp.list.id,
});

const MAILED = new Set<Status | undefined>(['subscribed', 'pending']);

/** Sends the webhooks for a write to a member; `before` is undefined for a new one. */
export function tellChange(
  mailchimp: Mailchimp,
  before: Member | undefined,
  after: Member,
  { source, otherwiseChanged }: { readonly source: Source; readonly otherwiseChanged: boolean },
): void {
  const { webhooks, settings, list } = mailchimp;
  const tell = (event: WebhookEvent, data: () => EventData): void => webhooks.publish(event, source, data);
  const moved = before !== undefined && before.email.toLowerCase() !== after.email.toLowerCase();
  if (moved) {
    tell('upemail', () => ({
      list_id: list.id,
      new_id: uniqueEmailId(after.email),
      new_email: after.email,
      old_email: before.email,
    }));
  }
  if (before?.status !== after.status) {
    if (after.status === 'subscribed') return tell('subscribe', () => profileOf(mailchimp, after));
    if (after.status === 'unsubscribed' && MAILED.has(before?.status)) tellGone(mailchimp, after, source, 'unsub');
    if (after.status === 'cleaned') {
      tell('cleaned', () => ({ list_id: list.id, campaign_id: '', reason: 'hard', email: after.email }));
    }
  }
  if (
    before !== undefined &&
    after.status !== 'archived' &&
    (otherwiseChanged || (moved && settings.profileNextToUpemail))
  ) {
    tell('profile', () => profileOf(mailchimp, after));
  }
}

/** A member left: unsubscribed by themselves or by others, or archived, or erased. */
export function tellGone(mailchimp: Mailchimp, member: Member, source: Source, action: 'unsub' | 'delete'): void {
  mailchimp.webhooks.publish('unsubscribe', source, () => ({
    action,
    reason: 'manual',
    ...profileOf(mailchimp, member),
    campaign_id: '',
  }));
}
