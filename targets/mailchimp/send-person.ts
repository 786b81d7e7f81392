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

/** What a connection knows beside the API. */
export interface Audience {
  readonly topics: Topics;
  readonly policy: ConsentPolicy;
  /** @throws SyncError of class `target-down` if merge fields or interests are missing that were there. */
  readonly lookAgain: () => Promise<void>;
}

/**
 * Brings a member to what EMS holds. Consent is looked at first, and only ever taken away or asked for: `subscribed` is said of
 * who is new, and of nobody else.
 */
export async function sendPerson(api: MailchimpApi, request: SendRequest, audience: Audience): Promise<SendResult> {
  const hash = subscriberHash(addressIn(request.content));
  const hasMoved = request.remoteId !== null && request.remoteId !== hash;
  if (hasMoved && wantedStatus(request.content) === 'unsubscribed') {
    // Before all else, at the address that is mailed so far: a no waits neither for a move nor for who is in its way.
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
  // Also if the new address takes nothing: EMS does not know the old one any more, and whoever moved is not mailed there.
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
  // Before the fields: a no must not wait for a name that Mailchimp does not like.
  if (plan.optOut && member !== null) await unsubscribe(api, request, member);
  // Not of an archived member: with the id on record it would count as put away by staff, and its person would not be asked.
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
      // An interest that is no more is refused by its id.
      if (fields.some((field) => field.startsWith('interests'))) await audience.lookAgain();
      throw refused(answer.refusal, 'PUT members');
    }
  }
}

/** Asked for of who is new alone: then the member that was found is gone. */
const STATUS: ReadonlySet<string> = new Set(['status', 'status_if_new']);

type Plan =
  | { readonly kind: 'send'; readonly optOut: boolean; readonly status: MemberBody }
  | { readonly kind: 'withheld'; readonly refusals: readonly Suppression[] };

const send = (status: MemberBody = {}): Plan => ({ kind: 'send', optOut: false, status });

/** What may be said of the status, by what it is now. Pure. */
export function planFor(request: SendRequest, member: Member | null, { policy }: Pick<Audience, 'policy'>): Plan {
  const wanted = wantedStatus(request.content);
  if (member === null) {
    // Nobody is put in who does not want to be.
    if (wanted !== 'subscribed') return { kind: 'withheld', refusals: [] };
    // EMS's own no, taken back, at an address where there is no member: the person is asked there.
    const wasOut = consentOf(request).wasStored('status', 'unsubscribed');
    return send({ status_if_new: wasOut ? 'pending' : 'subscribed' });
  }
  const refusals = ownRefusals(request, member);
  switch (member.status) {
    case 'subscribed':
    case 'pending':
      return { kind: 'send', optOut: wanted === 'unsubscribed', status: {} };
    case 'unsubscribed':
      // EMS's own no, taken back: the person is asked, and says so by mail.
      if (refusals.length === 0) return wanted === 'subscribed' ? send({ status: 'pending' }) : send();
      if (policy === 'ems-wins' && wanted === 'subscribed') return send({ status: 'subscribed' });
      return { kind: 'withheld', refusals };
    case 'archived':
      // What the person had said before is not told any more, so the person is asked.
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
 * The member is another person's: that one is asked first, or, asked itself, lets its own go. What was refused at its own is
 * not let go with it.
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
