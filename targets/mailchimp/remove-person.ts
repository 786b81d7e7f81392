import {
  consentOf,
  type Erased,
  type EraseRequest,
  type OptOutRequest,
  type Removed,
  type RemoveRequest,
} from '../remote-system.ts';
import type { MailchimpApi } from './api.ts';
import { isReached, ownRefusals } from './read-member.ts';
import { subscriberHash } from './subscriber-hash.ts';
import { unsubscribe } from './unsubscribe.ts';

/**
 * Archives the member, unless its address is another person's as well: then it is left for that one. What was refused there is
 * reported first, for an archived member does not tell.
 */
export async function removePerson(api: MailchimpApi, request: RemoveRequest): Promise<Removed> {
  const { remoteId } = request;
  const member = remoteId === null ? null : await api.member(remoteId);
  if (member === null || member.status === 'archived') return {};
  const left = { addresses: { email: member.email_address }, refusals: ownRefusals(request, member) };
  if (!(await consentOf(request).isAnothers(member.email_address))) await api.archive(member.id);
  return { left };
}

/** Mailchimp's strongest deletion: the address cannot be imported again. A member that is another person's is left alone. */
export async function erasePerson(api: MailchimpApi, request: EraseRequest): Promise<Erased> {
  const erased: string[] = [];
  for (const hash of await ownHashes(request)) {
    const member = await api.member(hash);
    if (member !== null && (await api.deleteForGood(hash))) erased.push(member.email_address);
  }
  return {
    outcome: erased.length === 0 ? 'absent' : 'erased',
    detail: erased.length === 0 ? 'no member' : 'deleted for good (delete-permanent)',
    addresses: erased.map((address) => ['email', address] as const),
  };
}

/** Only the opt-out, of a person whose other fields cannot be sent. A member that is another person's is left alone. */
export async function optOutPerson(api: MailchimpApi, request: OptOutRequest): Promise<void> {
  if (!request.channels.includes('email')) return;
  for (const hash of await ownHashes(request)) {
    const member = await api.member(hash);
    if (member !== null && isReached(member)) await unsubscribe(api, request, member);
  }
}

/** Where the person may be a member: under its record's id, and at EMS's address, unless another person's record names that. */
async function ownHashes(request: EraseRequest | OptOutRequest): Promise<readonly string[]> {
  const { remoteId, addresses } = request;
  const { email } = addresses;
  const known = remoteId === null ? [] : [remoteId];
  if (typeof email !== 'string') return known;
  const hash = subscriberHash(email);
  return hash === remoteId || (await consentOf(request).holderOf(hash)) !== null ? known : [...known, hash];
}
