import type { Mailchimp } from './mailchimp.ts';
import { uniqueEmailId } from './identity.ts';
import { invalidFields } from './problem.ts';
import type { Member } from './records.ts';
import { momentOf } from './times.ts';

type Query = Readonly<Record<string, string | undefined>>;

/** The members that a query selects, in its order. Archived ones only if the query asks for that status. */
export function listedMembers(mailchimp: Mailchimp, query: Query, rows: readonly Member[]): readonly Member[] {
  const { settings } = mailchimp;
  const since = boundOf(query, 'since_last_changed', settings.unreadableDate);
  const before = boundOf(query, 'before_last_changed', settings.unreadableDate);
  const sinceOpt = boundOf(query, 'since_timestamp_opt', settings.unreadableDate);
  const beforeOpt = boundOf(query, 'before_timestamp_opt', settings.unreadableDate);
  const found = rows.filter(
    (member) =>
      (query['status'] === undefined ? member.status !== 'archived' : member.status === query['status']) &&
      (since === undefined || member.lastChanged >= since) &&
      (before === undefined || member.lastChanged < before) &&
      (sinceOpt === undefined || (member.optedInAt ?? -1) >= sinceOpt) &&
      (beforeOpt === undefined || (member.optedInAt ?? Infinity) < beforeOpt) &&
      (query['email_type'] === undefined || member.emailType === query['email_type']) &&
      (query['vip_only'] !== 'true' || member.vip) &&
      (query['unique_email_id'] === undefined || uniqueEmailId(member.email) === query['unique_email_id']) &&
      inInterests(mailchimp, query, member),
  );
  return sorted(found, query);
}

function boundOf(query: Query, name: string, unreadable: 'ignored' | 'refused'): number | undefined {
  const text = query[name];
  const moment = momentOf(text);
  if (text === undefined || moment !== undefined || unreadable === 'ignored') return moment;
  throw invalidFields([{ field: name, message: 'Please enter a date and time in ISO 8601 format' }]);
}

/** `interest_category_id`, `interest_ids` and `interest_match` (any, all, none) must be given together. */
function inInterests({ store }: Mailchimp, query: Query, member: Member): boolean {
  const category = query['interest_category_id'];
  if (category === undefined) return true;
  const inCategory = new Set(store.interests.by('category', category).map(({ key }) => key));
  const asked = (query['interest_ids'] ?? '').split(',').filter((key) => inCategory.has(key));
  const has = (key: string): boolean => member.interests.includes(key);
  switch (query['interest_match']) {
    case 'all':
      return asked.every(has);
    case 'none':
      return !asked.some(has);
    default:
      return asked.some(has);
  }
}

const columns: Readonly<Record<string, (member: Member) => number>> = {
  timestamp_opt: ({ optedInAt }) => optedInAt ?? 0,
  timestamp_signup: ({ signedUpAt }) => signedUpAt ?? 0,
  last_changed: ({ lastChanged }) => lastChanged,
};

function sorted(rows: readonly Member[], query: Query): readonly Member[] {
  const column = columns[query['sort_field'] ?? ''];
  if (column === undefined) return rows;
  const direction = query['sort_dir']?.toUpperCase() === 'DESC' ? -1 : 1;
  return rows.toSorted((left, right) => direction * (column(left) - column(right)) || left.id - right.id);
}
