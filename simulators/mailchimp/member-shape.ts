import { subscriberHash, uniqueEmailId } from './identity.ts';
import { type Mailchimp, isoOf } from './mailchimp.ts';
import type { Member } from './records.ts';
import { tagName } from './tags.ts';

/** The member shows at most this many tags; `…/tags` lists all. */
const TAGS_SHOWN = 50;

/** A member as the API shows it: all merge fields and interests of the list, set or not. */
export function memberShape(mailchimp: Mailchimp, member: Member) {
  const { store, list } = mailchimp;
  const hash = subscriberHash(member.email);
  const permissions = store.permissions.all();
  const path = `/3.0/lists/${list.id}/members/${hash}`;
  return {
    id: hash,
    email_address: member.email,
    unique_email_id: uniqueEmailId(member.email),
    contact_id: member.contactId,
    full_name: fullName(member),
    web_id: member.id,
    email_type: member.emailType,
    status: member.status,
    ...(member.status === 'unsubscribed' ? { unsubscribe_reason: reasonOf(member) } : {}),
    consents_to_one_to_one_messaging: true,
    merge_fields: mergeFieldsOf(mailchimp, member),
    interests: Object.fromEntries(store.interests.all().map(({ key }) => [key, member.interests.includes(key)])),
    stats: { avg_open_rate: 0, avg_click_rate: 0 },
    ip_signup: member.ipSignup,
    timestamp_signup: isoOf(member.signedUpAt),
    ip_opt: member.ipOpt,
    timestamp_opt: isoOf(member.optedInAt),
    member_rating: 2,
    last_changed: isoOf(member.lastChanged),
    language: member.language,
    vip: member.vip,
    email_client: '',
    location: {
      latitude: member.latitude,
      longitude: member.longitude,
      gmtoff: 0,
      dstoff: 0,
      country_code: '',
      timezone: '',
      region: '',
    },
    ...(permissions.length === 0
      ? {}
      : {
          marketing_permissions: permissions.map(({ key, text }) => ({
            marketing_permission_id: key,
            text,
            enabled: member.permissions.includes(key),
          })),
        }),
    source: member.source,
    tags_count: member.tags.length,
    tags: member.tags.slice(0, TAGS_SHOWN).map(({ id }) => ({ id, name: tagName(mailchimp, id) })),
    list_id: list.id,
    _links: [
      { rel: 'self', href: path, method: 'GET' },
      { rel: 'update', href: path, method: 'PATCH' },
      { rel: 'upsert', href: path, method: 'PUT' },
      { rel: 'delete', href: path, method: 'DELETE' },
    ],
  };
}

/** Empty is `""`, even for a field of type address. */
export const mergeFieldsOf = ({ store }: Mailchimp, member: Member) =>
  Object.fromEntries(store.mergeFields.all().map(({ tag }) => [tag, member.mergeFields[tag] ?? '']));

const fullName = ({ mergeFields }: Member): string =>
  ['FNAME', 'LNAME']
    .map((tag) => mergeFields[tag])
    .flatMap((name) => (typeof name === 'string' && name !== '' ? [name] : []))
    .join(' ');

const reasonOf = ({ hold }: Member): string => (hold === 'member' ? 'None given' : 'N/A (Unsubscribed by an admin)');
