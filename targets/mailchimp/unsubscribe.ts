import { consentOf, type SendRequest } from '../remote-system.ts';
import type { Member } from './answers.ts';
import type { MailchimpApi } from './api.ts';
import { emailPermission } from './email-permission.ts';

/**
 * Sends EMS's opt-out. It is recorded first: the person's own opt-out looks the same at Mailchimp, and a lost answer
 * must not turn one into the other.
 */
export async function unsubscribe(
  api: MailchimpApi,
  request: Pick<SendRequest, 'type' | 'key' | 'consent'>,
  member: Member,
): Promise<void> {
  await consentOf(request).willStore('status', 'unsubscribed');
  await api.changeMember(member, { status: 'unsubscribed', ...emailPermission(member, false) });
}
