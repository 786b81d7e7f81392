import { canonicalForm } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import type { Suppression, SuppressionReason } from '../../sync/suppression.ts';
import { lowerCase } from '../contact-fields.ts';
import { consentOf, type SendRequest } from '../remote-system.ts';
import type { Member } from './answers.ts';

export const MERGE_FIELDS = ['FNAME', 'LNAME', 'PHONE', 'BDATE', 'ADDRESS'] as const;

const ADDRESS_PARTS = ['addr1', 'city', 'state', 'zip', 'country'] as const;

/** Whether mails reach the member: an asked-for confirmation counts, for nothing keeps it from being given. */
export const isReached = ({ status }: Member) => status === 'subscribed' || status === 'pending';

const REFUSED: Readonly<Record<string, SuppressionReason>> = {
  unsubscribed: 'unsubscribed',
  cleaned: 'bounced',
  archived: 'archived',
};

/** What the member's status refuses, whoever set it. */
export function refusalsOf({ status }: Member): Suppression[] {
  const reason = REFUSED[status];
  return reason === undefined ? [] : [{ channel: 'email', reason }];
}

/** What a member has refused, but for what EMS itself has opted out of. */
export function ownRefusals(request: Pick<SendRequest, 'type' | 'key' | 'consent'>, member: Member): Suppression[] {
  const isOurs = member.status === 'unsubscribed' && consentOf(request).wasStored('status', 'unsubscribed');
  return isOurs ? [] : refusalsOf(member);
}

const EMS_ID = /^[1-9]\d{0,18}$/;

/**
 * Whose member it is said to be; null: nobody's of EMS. A field of type number gives numbers, and of an id that is too long for
 * one that of somebody else.
 */
export function emsKeyOf({ merge_fields }: Member): EntityKey | null {
  const value = merge_fields?.['EMSID'];
  const key = Number.isSafeInteger(value) ? String(value) : value;
  return typeof key === 'string' && EMS_ID.test(key) ? key : null;
}

/** Our fields of a member, in the mapping's notation. */
export function storedFields({ email_address, merge_fields, language }: Member): Content {
  const values = merge_fields ?? {};
  return {
    email: lowerCase(email_address),
    ...Object.fromEntries(MERGE_FIELDS.map((tag) => [tag, storedValue(tag, values[tag])])),
    language: language ?? null,
  };
}

/** Empty is the text "", of an address as well. */
function storedValue(tag: string, value: unknown): Content[string] {
  if (tag !== 'ADDRESS') return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  if (typeof value !== 'object' || value === null) return null;
  const parts = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(ADDRESS_PARTS.map((part) => [part, typeof parts[part] === 'string' ? parts[part] : null]));
}

/** The fields whose stored value is not the one that was sent. A language that was not sent is Mailchimp's guess. */
export function differing(sent: Content, stored: Content): string[] {
  return Object.keys(stored).filter(
    (name) =>
      !(name === 'language' && canonicalForm(sent[name]) === null) &&
      JSON.stringify(canonicalForm(sent[name])) !== JSON.stringify(canonicalForm(stored[name])),
  );
}

/** Only these tags are EMS's. */
export const isOurTag = (name: string) => name.toLowerCase() === 'ems' || /^event:\d+$/i.test(name);
