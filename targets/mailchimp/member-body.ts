import { canonicalForm } from '../../sync/canonical-form.ts';
import type { SendRequest } from '../remote-system.ts';
import type { MemberBody } from './api.ts';
import { EMS_ID_FIELD, mergeFields } from './member-fields.ts';
import type { Topics } from './topics.ts';

/** All values that EMS decides, except the status: "" clears. */
export function memberBody({ key, content }: SendRequest, topics: Topics): MemberBody {
  const language = canonicalForm(content['language']);
  const sent = mergeFields.filter(([name]) => !topics.leftOut(content).includes(name));
  return {
    email_address: addressIn(content),
    merge_fields: {
      ...Object.fromEntries(sent.map(([name, { tag }]) => [tag, canonicalForm(content[name]) ?? ''])),
      [EMS_ID_FIELD.tag]: key,
    },
    ...(language === null ? {} : { language }),
    interests: topics.interests(wantedTopics(content)),
  };
}

/** @throws Error if there is none; the filter should prevent that. */
export function addressIn(content: SendRequest['content']): string {
  const { email } = content;
  if (typeof email !== 'string') throw new Error('a member without an e-mail address');
  return email;
}

export function wantedTopics(content: SendRequest['content']): readonly string[] {
  return textsIn(content['topics']);
}

export function wantedTags(content: SendRequest['content']): readonly string[] {
  return textsIn(content['tags']);
}

function textsIn(value: SendRequest['content'][string]): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const known = TEXTS.get(value);
  if (known !== undefined) return known;
  const list = canonicalForm(value);
  const texts = Array.isArray(list) ? list.map(String) : [];
  TEXTS.set(value, texts);
  return texts;
}

/** The same list is asked for at each step of a member's delivery. */
const TEXTS = new WeakMap<object, readonly string[]>();

/** EMS's consent to e-mail: yes, no, or unspecified. */
export function wantedStatus(content: SendRequest['content']): 'subscribed' | 'unsubscribed' | null {
  const { consent } = content;
  return consent === 'subscribed' || consent === 'unsubscribed' ? consent : null;
}
