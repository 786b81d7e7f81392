import { randomBytes } from 'node:crypto';
import { SyncError } from '../../sync/sync-error.ts';
import type { MailchimpApi } from './api.ts';
import { subscriberHash } from './subscriber-hash.ts';

/**
 * Finds out how MailChimp handles `status_if_new`: whether it restores an archived member, and whether the list call
 * accepts it. Creates two throw-away members at the audience's own sender domain, unsubscribed so that nothing is ever
 * mailed to them, and deletes them permanently. Our behaviour does not depend on the result: archived members are left
 * out of list calls, and members that such a call does not create are sent alone.
 *
 * @returns lines in an operator's words; a member that could not be deleted is named.
 */
export async function probeStatusIfNew(api: MailchimpApi): Promise<readonly string[]> {
  const domain = await api.senderDomain();
  if (domain === null) return ['status_if_new was not probed: the audience tells no address that it sends from'];
  const [alone, listed] = [throwAway(domain), throwAway(domain)];
  const lines: string[] = [];
  try {
    lines.push(await archived(api, alone), await inListCall(api, listed));
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    lines.push(`status_if_new could not be probed: ${error.message}`);
  } finally {
    for (const address of [alone, listed]) if (!(await isDeleted(api, address))) lines.push(leftOver(address));
  }
  return lines;
}

const throwAway = (domain: string) => `ems-sync-probe-${randomBytes(6).toString('hex')}@${domain}`;

const asNew = (address: string) => ({ email_address: address, status_if_new: 'unsubscribed' });

async function archived(api: MailchimpApi, address: string): Promise<string> {
  const hash = subscriberHash(address);
  const made = await api.putMember(hash, asNew(address));
  if (made.kind !== 'answered' || !(await api.archive(hash))) return NOT_KNOWN;
  await api.putMember(hash, asNew(address));
  const status = (await api.member(hash))?.status;
  if (status === 'archived') return 'status_if_new leaves archived members archived';
  return status === 'unsubscribed' ? 'status_if_new brings archived members back' : NOT_KNOWN;
}

const NOT_KNOWN = 'what status_if_new does to archived members is not known: MailChimp refused the throw-away member';

async function inListCall(api: MailchimpApi, address: string): Promise<string> {
  const { created } = await api.putMembers([asNew(address)]);
  return created.some(({ status }) => status === 'unsubscribed')
    ? 'the list call knows status_if_new'
    : 'the list call does not know status_if_new: new members go one by one';
}

/** @returns false if it still exists. */
async function isDeleted(api: MailchimpApi, address: string): Promise<boolean> {
  const hash = subscriberHash(address);
  try {
    return (await api.deleteForGood(hash)) || (await api.member(hash)) === null;
  } catch {
    return false;
  }
}

const leftOver = (address: string) => `delete the member ${address} in MailChimp: it was made to find this out`;
