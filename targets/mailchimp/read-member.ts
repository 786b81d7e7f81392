import { canonicalForm } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import { isEntityKey, type EntityKey } from '../../sync/entity-type.ts';
import type { Suppression, SuppressionReason } from '../../sync/suppression.ts';
import { lowerCase } from '../contact-fields.ts';
import { differingFields } from '../differing-fields.ts';
import { consentOf, type SendRequest } from '../remote-system.ts';
import type { Member } from './answers.ts';
import { EMS_ID_FIELD, mergeFields, type MergeField } from './member-fields.ts';

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

/** What the member holds of EMS's own word on e-mail, in the mapping's notation. */
export function consentIn(member: Member): Content[string] {
  if (isReached(member)) return 'subscribed';
  return member.status === 'unsubscribed' ? 'unsubscribed' : null;
}

/** What a member has refused, but for what EMS itself has opted out of. */
export function ownRefusals(request: Pick<SendRequest, 'type' | 'key' | 'consent'>, member: Member): Suppression[] {
  const isOurs = member.status === 'unsubscribed' && consentOf(request).wasStored('status', 'unsubscribed');
  return isOurs ? [] : refusalsOf(member);
}

/**
 * Whose member it is said to be; null: nobody's of EMS. A field of type number gives numbers, and of an id that is too long for
 * one that of somebody else.
 */
export function emsKeyOf({ merge_fields }: Member): EntityKey | null {
  const value = merge_fields?.[EMS_ID_FIELD.tag];
  const key = Number.isSafeInteger(value) ? String(value) : value;
  return isEntityKey(key) ? key : null;
}

/** Our fields of a member, in the mapping's notation. */
export function storedFields({ email_address, merge_fields, language }: Member): Content {
  const values = merge_fields ?? {};
  return {
    email: lowerCase(email_address),
    ...Object.fromEntries(mergeFields.map(([name, field]) => [name, storedValue(field, values[field.tag])])),
    language: language ?? null,
  };
}

/** Empty is the text "", of every type. */
function storedValue({ type }: MergeField, value: unknown): Content[string] {
  switch (type) {
    case 'text':
    case 'date':
      return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
    case 'number':
      return value === '' || !Number.isFinite(Number(value ?? '')) ? null : Number(value);
    case 'address':
      return typeof value === 'object' && value !== null ? addressIn(value as Readonly<Record<string, unknown>>) : null;
  }
}

const addressIn = (parts: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(ADDRESS_PARTS.map((part) => [part, typeof parts[part] === 'string' ? parts[part] : null]));

/** The fields whose stored value is not the one that was sent. A language that was not sent is Mailchimp's guess. */
export function differing(sent: Content, stored: Content): string[] {
  return differingFields(sent, stored).filter((name) => !(name === 'language' && canonicalForm(sent[name]) === null));
}

/** Only these tags are EMS's. */
export const isOurTag = (name: string) => name.toLowerCase() === 'ems' || /^event:\d+$/i.test(name);
