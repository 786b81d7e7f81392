import { SyncError } from '../../sync/sync-error.ts';
import type { SendRequest } from '../remote-system.ts';
import type { Member } from './answers.ts';
import type { MailchimpApi } from './api.ts';
import { unsubscribe } from './unsubscribe.ts';

/**
 * Archives a member, so that no mail reaches it. Mailchimp cannot archive a pending member, who could still confirm, so
 * it is unsubscribed first. A cleaned member cannot be archived, and gets no mail.
 *
 * @throws SyncError of class `transient` if the member still exists afterwards.
 */
export async function putAway(
  api: MailchimpApi,
  request: Pick<SendRequest, 'type' | 'key' | 'consent'>,
  member: Member,
): Promise<void> {
  if (member.status === 'pending') await unsubscribe(api, request, member);
  if (await api.archive(member.id)) return;
  const now = await api.member(member.id);
  if (now === null || now.status === 'archived' || now.status === 'cleaned') return;
  throw new SyncError('transient', 'MailChimp has not archived the member', { code: 'not-archived' });
}
