import { SyncError } from '../../sync/sync-error.ts';
import { consentOf, type SendRequest } from '../remote-system.ts';
import type { MailchimpApi } from './api.ts';
import { refused } from './http.ts';

/**
 * EMS's no. It is put on record first: the person's own no reads the same at Mailchimp, and an answer that is lost must not turn
 * the one into the other.
 */
export async function unsubscribe(
  api: MailchimpApi,
  request: Pick<SendRequest, 'type' | 'key' | 'consent'>,
  hash: string,
): Promise<void> {
  await consentOf(request).willStore('status', 'unsubscribed');
  const answer = await api.patchMember(hash, { status: 'unsubscribed' });
  if (answer.kind === 'refused') throw refused(answer.refusal, 'PATCH members');
  if (answer.kind === 'missing')
    throw new SyncError('transient', 'MailChimp has lost the member meanwhile', { code: 'changed' });
}
