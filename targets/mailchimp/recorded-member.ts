import { consentOf, type RemoveRequest } from '../remote-system.ts';
import type { Member } from './answers.ts';
import type { MailchimpApi } from './api.ts';
import { emsKeyOf } from './read-member.ts';

/**
 * The member that a record refers to: under its id, or under the new one if a change of address was made and its answer
 * lost.
 */
export async function recordedMember(
  api: MailchimpApi,
  request: Pick<RemoveRequest, 'type' | 'key' | 'remoteId' | 'consent'>,
): Promise<Member | null> {
  const { key, remoteId } = request;
  const known = remoteId === null ? null : await api.member(remoteId);
  if (known !== null) return known;
  const rekeyingTo = await consentOf(request).rekeyingTo();
  const rekeyed = rekeyingTo === null ? null : await api.member(rekeyingTo);
  return rekeyed !== null && emsKeyOf(rekeyed) === key ? rekeyed : null;
}
