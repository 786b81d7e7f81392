import type { Suppression } from '../../sync/suppression.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { consentOf, type SendRequest, type SendResult } from '../remote-system.ts';
import type { Member } from './answers.ts';
import type { MailchimpApi } from './api.ts';
import { refused } from './http.ts';
import { addressIn } from './member-body.ts';
import { isReached, refusalsOf } from './read-member.ts';

/** Where a person goes on whose address has changed. */
export type Place =
  | {
      readonly kind: 'member';
      readonly member: Member | null;
      /** What is left to do at the old address once the new one holds the person. */
      readonly after?: () => Promise<void>;
    }
  | { readonly kind: 'done'; readonly result: SendResult };

/**
 * An address that has changed is a member that moves, with its consent and its history. Where the new address is a member
 * already, that one goes on, and the old one is put away; where the old address is another person's as well, it is left for that
 * person. Whoever had refused at the old address is followed by it.
 */
export async function moveMember(api: MailchimpApi, request: SendRequest, hash: string): Promise<Place> {
  const { remoteId } = request;
  const before = remoteId === null ? null : await api.member(remoteId);
  const there = await api.member(hash);
  if (before === null || before.status === 'archived') return { kind: 'member', member: there };
  const refusals = ownRefusals(request, before);
  if (refusals.length > 0) return { kind: 'done', result: { kind: 'withheld', remoteId: before.id, refusals } };
  if (await consentOf(request).isAnothers(before.email_address)) return { kind: 'member', member: there };
  if (there !== null) {
    return { kind: 'member', member: there, after: async () => void (await api.archive(before.id)) };
  }
  const answer = await api.patchMember(before.id, { email_address: addressIn(request.content) });
  switch (answer.kind) {
    case 'answered':
      return { kind: 'member', member: answer.value };
    case 'missing':
      return { kind: 'member', member: null };
    case 'refused':
      if (answer.refusal.title !== 'Member Exists') throw refused(answer.refusal, 'PATCH members');
      throw new SyncError('transient', 'MailChimp has got a member at the new address meanwhile', { code: 'changed' });
  }
}

/** What a member has refused, but for what EMS itself has opted out of. */
export function ownRefusals(request: SendRequest, member: Member): readonly Suppression[] {
  if (isReached(member)) return [];
  const isOurs = member.status === 'unsubscribed' && consentOf(request).wasStored('status', 'unsubscribed');
  return isOurs ? [] : refusalsOf(member);
}
