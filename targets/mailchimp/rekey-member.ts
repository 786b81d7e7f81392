import { consentOf, type SendRequest, type SendResult } from '../remote-system.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { Member } from './answers.ts';
import type { MailchimpApi } from './api.ts';
import { consentIn } from './consent-in.ts';
import { changedMeanwhile, refused, type Answer } from './http.ts';
import { addressIn, wantedStatus } from './member-body.ts';
import { putAway } from './put-away.ts';
import { putAwayLeft } from './put-away-left.ts';
import { emsKeyOf, ownRefusals } from './read-member.ts';
import { recordedMember } from './recorded-member.ts';
import { unsubscribe } from './unsubscribe.ts';

/** Where a person continues after a change of address. */
export type Place =
  | {
      readonly kind: 'member';
      readonly member: Member | null;
      /** What is left to do at the old address after the new one is done. */
      readonly after?: () => Promise<void>;
    }
  | { readonly kind: 'done'; readonly result: SendResult };

/**
 * Handles a changed address: the member moves, with its consent and history. If the new address already has a member,
 * that one continues and the old one is archived; if the old address also belongs to another person, the member is left
 * to that person. A refusal at the old address still applies to the person.
 *
 * @param to the hash of EMS's current address.
 */
export async function rekeyMember(api: MailchimpApi, request: SendRequest, to: string): Promise<Place> {
  const before = await recordedMember(api, request);
  if (before?.id === to || (before === null && request.remoteId === to)) return { kind: 'member', member: before };
  const there = await api.member(to);
  if (before === null) return { kind: 'member', member: there };
  // An earlier attempt has archived it, and its answer was lost.
  const isTakenOver = there !== null && emsKeyOf(there) === request.key;
  if (before.status === 'archived' && isTakenOver) return { kind: 'member', member: there };
  const refusals = ownRefusals(request, before);
  if (refusals.length > 0) {
    if (there !== null) await putAwayLeft(api, request, there);
    return { kind: 'done', result: { kind: 'withheld', remoteId: before.id, refusals } };
  }
  if (await consentOf(request).isAnothers(before.email_address)) return { kind: 'member', member: there };
  if (there !== null) return { kind: 'member', member: there, after: () => putAway(api, request, before) };
  if (before.status !== 'subscribed') return leftBehind(api, request, before, to);
  // It is already where it was last rekeyed to.
  if (before.id !== request.remoteId) await consentOf(request).willHold(before.id);
  await consentOf(request).willRekeyTo(to);
  return rekeyed(api, request, before, await api.patchMember(before.id, { email_address: addressIn(request.content) }));
}

/**
 * Mailchimp changes only the addresses of subscribed members. Any other member stays under the old address, with EMS's
 * opt-out if there is one. If EMS wants the person mailed, a new member is created, and asked to confirm if EMS had
 * opted out before.
 */
async function leftBehind(api: MailchimpApi, request: SendRequest, before: Member, to: string): Promise<Place> {
  // It could still confirm, at an address that EMS no longer has.
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
        // The person must not be mailed at the new address, and EMS no longer has the old one.
        await putAway(api, request, before);
        return { kind: 'done', result: { kind: 'withheld', remoteId: null, refusals: [{ channel: 'email', reason }] } };
      }
      if (title !== 'Member Exists') throw refused(answer.refusal, 'PATCH members');
      throw new SyncError('transient', 'MailChimp has got a member at the new address meanwhile', { code: 'changed' });
    }
  }
}
