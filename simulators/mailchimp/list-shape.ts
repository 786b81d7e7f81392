import { type Mailchimp, isoOf } from './mailchimp.ts';
import { subscriberHash } from './identity.ts';
import type { AbuseReport, Status } from './records.ts';

/** The list as the API shows it, with current counts. */
export function listShape({ store, list }: Mailchimp) {
  const members = store.members.all();
  const count = (status: Status): number => members.filter((member) => member.status === status).length;
  return {
    id: list.id,
    web_id: 1,
    name: list.name,
    permission_reminder: 'You take part in our events.',
    use_archive_bar: true,
    campaign_defaults: { from_name: 'Clube', from_email: 'news@clube.example', subject: '', language: 'en' },
    email_type_option: false,
    subscribe_url_short: '',
    double_optin: false,
    marketing_permissions: store.permissions.all().length > 0,
    has_welcome: false,
    stats: {
      member_count: count('subscribed'),
      total_contacts: members.length,
      unsubscribe_count: count('unsubscribed'),
      cleaned_count: count('cleaned'),
      merge_field_count: store.mergeFields.all().length,
      last_sub_date: isoOf(Math.max(0, ...members.map(({ optedInAt }) => optedInAt ?? 0)) || null),
    },
    _links: [{ rel: 'self', href: `/3.0/lists/${list.id}`, method: 'GET' }],
  };
}

/** Times are whole seconds. */
export function abuseReportShape({ list }: Mailchimp, { id, email, reportedAt }: AbuseReport) {
  return {
    id,
    campaign_id: '',
    list_id: list.id,
    email_id: subscriberHash(email),
    email_address: email,
    merge_fields: {},
    vip: false,
    date: isoOf(reportedAt),
    _links: [{ rel: 'self', href: `/3.0/lists/${list.id}/abuse-reports/${id}`, method: 'GET' }],
  };
}
