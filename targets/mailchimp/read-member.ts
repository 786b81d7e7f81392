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

/** Whether mail reaches the member; a pending confirmation counts, because it may be given at any time. */
export const isReached = ({ status }: Member) => status === 'subscribed' || status === 'pending';

const REFUSED: Readonly<Record<string, SuppressionReason>> = {
  unsubscribed: 'unsubscribed',
  cleaned: 'bounced',
  archived: 'archived',
};

/** The refusals that follow from the member's status, whoever set it. */
export function refusalsOf({ status }: Member): Suppression[] {
  const reason = REFUSED[status];
  return reason === undefined ? [] : [{ channel: 'email', reason }];
}

/** EMS's own consent value as stored at the member, in the mapping's notation. */
export function consentIn(member: Member): Content[string] {
  if (isReached(member)) return 'subscribed';
  return member.status === 'unsubscribed' ? 'unsubscribed' : null;
}

/** A member's refusals, except EMS's own opt-outs. */
export function ownRefusals(request: Pick<SendRequest, 'type' | 'key' | 'consent'>, member: Member): Suppression[] {
  const isOurs = member.status === 'unsubscribed' && consentOf(request).wasStored('status', 'unsubscribed');
  return isOurs ? [] : refusalsOf(member);
}

/**
 * The EMS id stored in the member; null if it has none. A number field returns numbers, and rounds ids that are too
 * long to another person's.
 */
export function emsKeyOf({ merge_fields }: Member): EntityKey | null {
  const value = merge_fields?.[EMS_ID_FIELD.tag];
  const key = Number.isSafeInteger(value) ? String(value) : value;
  return isEntityKey(key) ? key : null;
}

/** A member's fields of ours, in the mapping's notation. */
export function storedFields({ email_address, merge_fields, language }: Member): Content {
  const values = merge_fields ?? {};
  return {
    email: lowerCase(email_address),
    ...Object.fromEntries(mergeFields.map(([name, field]) => [name, storedValue(field, values[field.tag])])),
    language: language ?? null,
  };
}

/** Empty is "" for every type. */
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

/** The fields whose stored value differs from the one sent. A language that was not sent is Mailchimp's guess. */
export function differing(sent: Content, stored: Content): string[] {
  return differingFields(sent, stored).filter((name) => !(name === 'language' && canonicalForm(sent[name]) === null));
}

/** Only these tags are EMS's. */
export const isOurTag = (name: string) => name.toLowerCase() === 'ems' || /^event:\d+$/i.test(name);
