import { SyncError } from '../../sync/sync-error.ts';
import type { SendRequest, SendResult } from '../remote-system.ts';
import type { Member } from './answers.ts';
import type { MailchimpApi } from './api.ts';
import { wantedTags, wantedTopics } from './member-body.ts';
import { differing, isOurTag, storedFields } from './read-member.ts';
import type { Topics } from './topics.ts';

export interface Confirming {
  readonly topics: Topics;
  /** With many others: automations that wait for a tag are not to begin for all of them. */
  readonly isBulk?: boolean;
}

/**
 * After the fields are written: tags, which have a call of their own, and what Mailchimp made of it all.
 *
 * @throws SyncError if Mailchimp keeps another value than was sent.
 */
export async function confirm(
  api: MailchimpApi,
  request: SendRequest,
  member: Member,
  { topics, isBulk = false }: Confirming,
): Promise<SendResult> {
  const { content } = request;
  const stored = storedFields(member);
  const [field] = differing(content, stored);
  if (field !== undefined) {
    throw new SyncError('rejected', `MailChimp keeps another ${field} than was sent`, { code: 'changed-value', field });
  }
  await syncTags(api, request, member, isBulk);
  const held = member.interests == null ? wantedTopics(content) : topics.topicsIn(member.interests);
  return {
    kind: 'sent',
    remoteId: member.id,
    remoteModifiedOn: null,
    stored: { ...stored, status: member.status, topics: new Set(held), tags: new Set(wantedTags(content)) },
  };
}

/** Tags of ours are compared as a set; those of others stay. */
async function syncTags(api: MailchimpApi, { content }: SendRequest, member: Member, isBulk: boolean): Promise<void> {
  const wanted = wantedTags(content);
  const held = (await api.tagsOf(member)).filter(isOurTag).map((name) => name.toLowerCase());
  const changes = [
    ...wanted.filter((name) => !held.includes(name.toLowerCase())).map((name) => ({ name, status: 'active' as const })),
    ...held
      .filter((name) => wanted.every((one) => one.toLowerCase() !== name))
      .map((name) => ({ name, status: 'inactive' as const })),
  ];
  if (changes.length > 0) await api.changeTags(member.id, changes, isBulk);
}
