import type { ConsentPolicy, Suppression, SuppressionReason } from '../../sync/suppression.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { consentOf, type SendRequest, type SendResult } from '../remote-system.ts';
import type { Member } from './answers.ts';
import type { MailchimpApi, MemberBody } from './api.ts';
import { confirm } from './confirm.ts';
import { refused, type Answer } from './http.ts';
import { addressIn, memberBody, wantedStatus } from './member-body.ts';
import { moveMember, ownRefusals } from './move-member.ts';
import { subscriberHash } from './subscriber-hash.ts';
import type { Topics } from './topics.ts';

/** What a connection knows beside the API. */
export interface Audience {
  readonly topics: Topics;
  readonly policy: ConsentPolicy;
}

/**
 * Brings a member to what EMS holds. Consent is looked at first, and only ever taken away or asked for: `subscribed` is said of
 * who is new, and of nobody else.
 */
export async function sendPerson(api: MailchimpApi, request: SendRequest, audience: Audience): Promise<SendResult> {
  const hash = subscriberHash(addressIn(request.content));
  const moved = request.remoteId !== null && request.remoteId !== hash;
  const holder = await consentOf(request).holderOf(hash);
  if (holder !== null) return blockedBy(request, holder);
  const place = moved
    ? await moveMember(api, request, hash)
    : ({ kind: 'member', member: await api.member(hash) } as const);
  if (place.kind === 'done') return place.result;
  const { member } = place;
  const plan = planFor(request, member, audience);
  if (plan.kind === 'withheld') return withheld(member, plan.refusals);
  // Before all else: a no must not wait for a name that Mailchimp does not like.
  if (plan.first !== null) await mustSucceed(api.patchMember(hash, plan.first), 'PATCH members');
  const answer = await api.putMember(hash, { ...memberBody(request, audience.topics), ...plan.with });
  if (answer.kind === 'answered') {
    const result = await confirm(api, request, answer.value, audience);
    if (place.after !== undefined) await place.after();
    return result;
  }
  if (answer.kind === 'missing')
    throw new SyncError('transient', 'MailChimp lost a member on the way', { code: 'changed' });
  const reason = consentIn(answer.refusal.title);
  if (reason !== null) return withheld(member, [{ channel: 'email', reason }]);
  throw refused(answer.refusal, 'PUT members');
}

type Plan =
  | { readonly kind: 'send'; readonly first: MemberBody | null; readonly with: MemberBody }
  | { readonly kind: 'withheld'; readonly refusals: readonly Suppression[] };

const send = (status: MemberBody = {}, first: MemberBody | null = null): Plan => ({
  kind: 'send',
  first,
  with: status,
});

/** What may be said of the status, by what it is now. Pure. */
export function planFor(request: SendRequest, member: Member | null, { policy }: Pick<Audience, 'policy'>): Plan {
  const wanted = wantedStatus(request.content);
  if (member === null) {
    // Nobody is put in who does not want to be.
    return wanted === 'subscribed' ? send({ status_if_new: 'subscribed' }) : { kind: 'withheld', refusals: [] };
  }
  const refusals = ownRefusals(request, member);
  switch (member.status) {
    case 'subscribed':
    case 'pending':
      return wanted === 'unsubscribed' ? send({}, { status: 'unsubscribed' }) : send();
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

/** What a refusal says of consent, by its title; null: it is about something else. */
export function consentIn(title: string): SuppressionReason | null {
  if (/compliance/i.test(title)) return 'compliance';
  return /forgotten/i.test(title) ? 'forgotten' : null;
}

function withheld(member: Member | null, refusals: readonly Suppression[]): SendResult {
  return { kind: 'withheld', remoteId: member?.id ?? null, refusals };
}

/** The member is another person's: that one is asked first, or, asked itself, lets its own go. */
function blockedBy({ giveWay }: SendRequest, holder: string): SendResult {
  if (giveWay) return { kind: 'gave-way', remoteId: null };
  const reason = `is held at MailChimp by Person/${holder}`;
  return { kind: 'blocked', by: [{ type: 'Person', key: holder }], field: 'email', reason };
}

async function mustSucceed(call: Promise<Answer<Member>>, what: string): Promise<void> {
  const answer = await call;
  if (answer.kind === 'refused') throw refused(answer.refusal, what);
}
