import type { ConsentPolicy, Suppression } from '../../sync/suppression.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { consentOf, type SendRequest, type SendResult } from '../remote-system.ts';
import type { Member } from './answers.ts';
import type { MailchimpApi, MemberBody } from './api.ts';
import { confirm } from './confirm.ts';
import { consentIn } from './consent-in.ts';
import { givePermission } from './email-permission.ts';
import { changedMeanwhile, refused } from './http.ts';
import { addressIn, memberBody, wantedStatus } from './member-body.ts';
import { rekeyMember, type Place } from './rekey-member.ts';
import { isReached, ownRefusals } from './read-member.ts';
import { recordedMember } from './recorded-member.ts';
import { subscriberHash } from './subscriber-hash.ts';
import type { Topics } from './topics.ts';
import { unsubscribe } from './unsubscribe.ts';

/** The state that a connection keeps beside the API. */
export interface Audience {
  readonly topics: Topics;
  readonly policy: ConsentPolicy;
  /** @throws SyncError of class `target-down` if merge fields or interests that existed are missing. */
  readonly lookAgain: () => Promise<void>;
}

/**
 * Brings a member to EMS's state. Consent is checked first, and is only ever withdrawn or asked for: `subscribed` is
 * sent only for new members.
 */
export async function sendPerson(api: MailchimpApi, request: SendRequest, audience: Audience): Promise<SendResult> {
  const hash = subscriberHash(addressIn(request.content));
  const hasMoved = request.remoteId !== null && request.remoteId !== hash;
  if (hasMoved && wantedStatus(request.content) === 'unsubscribed') {
    // First, at the address mailed so far: an opt-out must wait neither for a move nor for another member in its way.
    const known = await recordedMember(api, request);
    if (known !== null && isReached(known)) await unsubscribe(api, request, known);
  }
  const holder = await consentOf(request).holderOf(hash);
  if (holder !== null) return blockedBy(api, request, holder);
  const place: Place =
    request.remoteId === null
      ? { kind: 'member', member: await api.member(hash) }
      : await rekeyMember(api, request, hash);
  if (place.kind === 'done') return place.result;
  const result = await write(api, request, place.member, audience);
  // Also if the new address is refused: EMS no longer has the old one, and the person must not be mailed there.
  await place.after?.();
  return result;
}

async function write(
  api: MailchimpApi,
  request: SendRequest,
  member: Member | null,
  audience: Audience,
): Promise<SendResult> {
  const hash = subscriberHash(addressIn(request.content));
  const plan = planFor(request, member, audience);
  if (plan.kind === 'withheld') return withheld(member, plan.refusals);
  // Before the fields: an opt-out must not wait because Mailchimp rejects a name.
  if (plan.optOut && member !== null) await unsubscribe(api, request, member);
  // Not for an archived member: with its id on record it would look as if staff had archived it, and the person would
  // not be asked.
  if (request.remoteId === null && (member === null || isReached(member))) await consentOf(request).willHold(hash);
  const answer = await api.putMember(hash, { ...memberBody(request, audience.topics), ...plan.status });
  switch (answer.kind) {
    case 'answered':
      if (member === null || plan.status['status'] === 'pending') await givePermission(api, answer.value);
      return confirm(api, request, answer.value, audience);
    case 'missing':
      throw new SyncError('target-down', 'MailChimp has no such audience: check MAILCHIMP_LIST_ID', {
        code: 'http-404',
      });
    case 'refused': {
      const { title, fields } = answer.refusal;
      const reason = consentIn(title);
      if (reason !== null) return withheld(member, [{ channel: 'email', reason }]);
      if (member !== null && fields.some((field) => STATUS.has(field))) throw changedMeanwhile();
      // An interest that no longer exists is refused by its id.
      if (fields.some((field) => field.startsWith('interests'))) await audience.lookAgain();
      throw refused(answer.refusal, 'PUT members');
    }
  }
}

/** These statuses are sent only for new members, so the member that was found is gone. */
const STATUS: ReadonlySet<string> = new Set(['status', 'status_if_new']);

type Plan =
  | { readonly kind: 'send'; readonly optOut: boolean; readonly status: MemberBody }
  | { readonly kind: 'withheld'; readonly refusals: readonly Suppression[] };

const send = (status: MemberBody = {}): Plan => ({ kind: 'send', optOut: false, status });

/** The status that may be sent, given the current one. Pure. */
export function planFor(request: SendRequest, member: Member | null, { policy }: Pick<Audience, 'policy'>): Plan {
  const wanted = wantedStatus(request.content);
  if (member === null) {
    // Do not add a person who does not want it.
    if (wanted !== 'subscribed') return { kind: 'withheld', refusals: [] };
    // EMS withdraws its own opt-out at an address without a member: ask the person there.
    const wasOut = consentOf(request).wasStored('status', 'unsubscribed');
    return send({ status_if_new: wasOut ? 'pending' : 'subscribed' });
  }
  const refusals = ownRefusals(request, member);
  switch (member.status) {
    case 'subscribed':
    case 'pending':
      return { kind: 'send', optOut: wanted === 'unsubscribed', status: {} };
    case 'unsubscribed':
      // EMS withdraws its own opt-out: ask the person, who confirms by mail.
      if (refusals.length === 0) return wanted === 'subscribed' ? send({ status: 'pending' }) : send();
      if (policy === 'ems-wins' && wanted === 'subscribed') return send({ status: 'subscribed' });
      return { kind: 'withheld', refusals };
    case 'archived':
      // What the person said before is no longer visible, so ask.
      if (request.remoteId === null && wanted === 'subscribed') return send({ status: 'pending' });
      return { kind: 'withheld', refusals };
    case 'transactional':
      return wanted === 'subscribed' ? send({ status: 'pending' }) : send();
    default:
      return {
        kind: 'withheld',
        refusals: refusals.length > 0 ? refusals : [{ channel: 'email', reason: 'compliance' }],
      };
  }
}

function withheld(member: Member | null, refusals: readonly Suppression[]): SendResult {
  return { kind: 'withheld', remoteId: member?.id ?? null, refusals };
}

/**
 * The member belongs to another person, who is requested first. If asked to release its own value, this person gives up
 * its own member, unless that member contains refusals.
 */
async function blockedBy(api: MailchimpApi, request: SendRequest, holder: string): Promise<SendResult> {
  const { release, remoteId } = request;
  if (!release) {
    const reason = `is held at MailChimp by Person/${holder}`;
    return { kind: 'blocked', by: [{ type: 'Person', key: holder }], field: 'email', reason };
  }
  const own = remoteId === null ? null : await api.member(remoteId);
  const refusals = own === null ? [] : ownRefusals(request, own);
  return refusals.length > 0 ? { kind: 'withheld', remoteId: null, refusals } : { kind: 'released', remoteId: null };
}
