import { consentOf, type SendRequest, type SendResult } from '../remote-system.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { Member } from './answers.ts';
import type { MailchimpApi } from './api.ts';
import { consentIn } from './consent-in.ts';
import { changedMeanwhile, refused, type Answer } from './http.ts';
import { addressIn, wantedStatus } from './member-body.ts';
import { putAway } from './put-away.ts';
import { emsKeyOf, ownRefusals } from './read-member.ts';
import { recordedMember } from './recorded-member.ts';
import { unsubscribe } from './unsubscribe.ts';

/** Where a person goes on whose address has changed. */
export type Place =
  | {
      readonly kind: 'member';
      readonly member: Member | null;
      /** What is left to do at the old address once the new one is seen to. */
      readonly after?: () => Promise<void>;
    }
  | { readonly kind: 'done'; readonly result: SendResult };

/**
 * An address that has changed is a member that moves, with its consent and its history. Where the new address is a member
 * already, that one goes on, and the old one is put away; where the old address is another person's as well, it is left for that
 * person. Whoever had refused at the old address is followed by it.
 *
 * @param to the hash of the address that EMS holds now.
 */
export async function rekeyMember(api: MailchimpApi, request: SendRequest, to: string): Promise<Place> {
  const before = await recordedMember(api, request);
  if (before?.id === to || (before === null && request.remoteId === to)) return { kind: 'member', member: before };
  const there = await api.member(to);
  if (before === null) return { kind: 'member', member: there };
  // An earlier attempt has put it away, and its answer was lost.
  const isTakenOver = there !== null && emsKeyOf(there) === request.key;
  if (before.status === 'archived' && isTakenOver) return { kind: 'member', member: there };
  const refusals = ownRefusals(request, before);
  if (refusals.length > 0) return { kind: 'done', result: { kind: 'withheld', remoteId: before.id, refusals } };
  if (await consentOf(request).isAnothers(before.email_address)) return { kind: 'member', member: there };
  if (there !== null) return { kind: 'member', member: there, after: () => putAway(api, request, before) };
  if (before.status !== 'subscribed') return leftBehind(api, request, before, to);
  // It is there already that it was rekeyed to last.
  if (before.id !== request.remoteId) await consentOf(request).willHold(before.id);
  await consentOf(request).willRekeyTo(to);
  return rekeyed(api, request, before, await api.patchMember(before.id, { email_address: addressIn(request.content) }));
}

/**
 * Mailchimp changes the address of subscribed members only. Any other stays behind under the old one, with EMS's no if there is
 * one; where EMS wants the person mailed, a new member is made, and asked if EMS had opted out before.
 */
async function leftBehind(api: MailchimpApi, request: SendRequest, before: Member, to: string): Promise<Place> {
  // It could still confirm, at an address that EMS no longer holds.
  if (before.status === 'pending') await unsubscribe(api, request, before);
  if (wantedStatus(request.content) !== 'subscribed') {
    return { kind: 'done', result: { kind: 'withheld', remoteId: before.id, refusals: [] } };
  }
  await consentOf(request).willHold(to);
  return { kind: 'member', member: null, after: async () => void (await api.archive(before.id)) };
}

async function rekeyed(
  api: MailchimpApi,
  request: SendRequest,
  before: Member,
  answer: Answer<Member>,
): Promise<Place> {
  switch (answer.kind) {
    case 'answered':
      return { kind: 'member', member: answer.value };
    case 'missing':
      throw changedMeanwhile();
    case 'refused': {
      const { title } = answer.refusal;
      const reason = consentIn(title);
      if (reason !== null) {
        // The person is not to be mailed at the new address, and EMS does not know the old one any more.
        await putAway(api, request, before);
        return { kind: 'done', result: { kind: 'withheld', remoteId: null, refusals: [{ channel: 'email', reason }] } };
      }
      if (title !== 'Member Exists') throw refused(answer.refusal, 'PATCH members');
      throw new SyncError('transient', 'MailChimp has got a member at the new address meanwhile', { code: 'changed' });
    }
  }
}
