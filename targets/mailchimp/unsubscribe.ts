import { consentOf, type SendRequest } from '../remote-system.ts';
import type { Member } from './answers.ts';
import type { MailchimpApi } from './api.ts';
import { emailPermission } from './email-permission.ts';

/**
 * EMS's no. It is put on record first: the person's own no reads the same at Mailchimp, and an answer that is lost must not turn
 * the one into the other.
 */
export async function unsubscribe(
  api: MailchimpApi,
  request: Pick<SendRequest, 'type' | 'key' | 'consent'>,
  member: Member,
): Promise<void> {
  await consentOf(request).willStore('status', 'unsubscribed');
  await api.changeMember(member, { status: 'unsubscribed', ...emailPermission(member, false) });
}
