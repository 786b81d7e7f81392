import {
  consentOf,
  type Erased,
  type EraseRequest,
  type OptOutRequest,
  type Removed,
  type RemoveRequest,
} from '../remote-system.ts';
import { fromElsewhere } from '../../sync/suppression.ts';
import type { Member } from './answers.ts';
import type { MailchimpApi } from './api.ts';
import { putAway } from './put-away.ts';
import { putAwayLeftAtNewAddress } from './put-away-left.ts';
import { emsKeyOf, isReached, ownRefusals } from './read-member.ts';
import { recordedMember } from './recorded-member.ts';
import { subscriberHash } from './subscriber-hash.ts';
import { unsubscribe } from './unsubscribe.ts';

/**
 * Archives the member, unless its address also belongs to another person; then it is left to that person. Refusals are
 * reported first, because an archived member does not show them.
 */
export async function removePerson(api: MailchimpApi, request: RemoveRequest): Promise<Removed> {
  const member = (await recordedMember(api, request)) ?? (await unrecordedMember(api, request));
  if (member === null || member.status === 'archived') return {};
  const left = { addresses: { email: member.email_address }, refusals: ownRefusals(request, member) };
  if (!(await consentOf(request).isAnothers(member.email_address))) await putAway(api, request, member);
  return { left };
}

/** The member at EMS's address that carries the person's id, if our record names none: it was lost in a restore. */
async function unrecordedMember(
  api: MailchimpApi,
  { key, remoteId, addresses, consent }: RemoveRequest,
): Promise<Member | null> {
  if (remoteId !== null || typeof addresses?.email !== 'string') return null;
  const member = await api.member(subscriberHash(addresses.email));
  if (member === null || emsKeyOf(member) !== key) return null;
  return (await consent?.holderOf(member.id)) == null ? member : null;
}

/** Mailchimp's strongest deletion: the address cannot be imported again. A member of another person is left alone. */
export async function erasePerson(api: MailchimpApi, request: EraseRequest): Promise<Erased> {
  const erased: string[] = [];
  for (const member of await ownMembers(api, request)) {
    if (await api.deleteForGood(member.id)) erased.push(member.email_address);
  }
  return {
    outcome: erased.length === 0 ? 'absent' : 'erased',
    detail: erased.length === 0 ? 'no member' : 'deleted for good (delete-permanent)',
    addresses: erased.map((address) => ['email', address] as const),
  };
}

/**
 * Sends only the opt-out of a person whose other fields cannot be sent, or who refused at another target. A member of
 * another person is left alone. Without an opt-out, it looks after a member that was left to this person.
 */
export async function optOutPerson(api: MailchimpApi, request: OptOutRequest): Promise<void> {
  const consent = consentOf(request);
  const refused = fromElsewhere(consent.suppressions).map(({ channel }) => channel);
  if (![...request.channels, ...refused].includes('email')) return putAwayLeftAtNewAddress(api, request);
  for (const member of await ownMembers(api, request)) {
    if (!isReached(member)) continue;
    if (request.remoteId === null) await consent.willHold(member.id);
    await unsubscribe(api, request, member);
  }
}

/** The person's members: from its record, and at EMS's address unless another person's record names that. */
async function ownMembers(api: MailchimpApi, request: EraseRequest | OptOutRequest): Promise<readonly Member[]> {
  const { email } = request.addresses;
  const recorded = await recordedMember(api, request);
  const hash = typeof email === 'string' ? subscriberHash(email) : null;
  const isKnown = hash === null || hash === recorded?.id || (await consentOf(request).holderOf(hash)) !== null;
  const other = isKnown ? null : await api.member(hash);
  return [recorded, other].filter((member) => member !== null);
}
