import { consentOf, type OptOutRequest, type SendRequest } from '../remote-system.ts';
import type { Member } from './answers.ts';
import type { MailchimpApi } from './api.ts';
import { putAway } from './put-away.ts';
import { emsKeyOf, isReached } from './read-member.ts';
import { subscriberHash } from './subscriber-hash.ts';

/**
 * Puts away a member that another person's row has left, with its address, to this person, who was not known to have
 * refused yet and never takes it: it would be mailed as that other person, and nothing would reach it any more. Who
 * signed up there without EMS is left alone, and so is a member that goes on as a third person's.
 */
export async function putAwayLeft(
  api: MailchimpApi,
  request: Pick<SendRequest, 'type' | 'key' | 'consent'>,
  there: Member,
): Promise<void> {
  if (!isReached(there) || emsKeyOf(there) === null) return;
  if (await consentOf(request).isAnothers(there.email_address)) return;
  await putAway(api, request, there);
}

/** The same for somebody whose own member has another address than EMS has now, and to whom nothing is sent. */
export async function putAwayLeftAtNewAddress(api: MailchimpApi, request: OptOutRequest): Promise<void> {
  const { addresses, remoteId } = request;
  if (remoteId === null || typeof addresses.email !== 'string') return;
  const hash = subscriberHash(addresses.email);
  if (hash === remoteId || (await consentOf(request).holderOf(hash)) !== null) return;
  const there = await api.member(hash);
  if (there !== null) await putAwayLeft(api, request, there);
}
