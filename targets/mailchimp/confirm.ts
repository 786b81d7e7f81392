import { SyncError } from '../../sync/sync-error.ts';
import type { SendRequest, SendResult } from '../remote-system.ts';
import type { Member } from './answers.ts';
import type { MailchimpApi, TagChange } from './api.ts';
import { columnOf } from './member-fields.ts';
import { wantedTags, wantedTopics } from './member-body.ts';
import { consentIn, differing, isOurTag, storedFields } from './read-member.ts';
import type { Topics } from './topics.ts';

export interface Confirming {
  readonly topics: Topics;
  readonly lookAgain: () => Promise<void>;
  /** Sent in bulk: automations that wait for a tag must not start for all members. */
  readonly isBulk?: boolean;
}

/**
 * After the fields are written: sends the tags, which have a separate call, and checks what Mailchimp stored.
 *
 * @throws SyncError if Mailchimp stored a value other than the one sent.
 */
export async function confirm(
  api: MailchimpApi,
  request: SendRequest,
  member: Member,
  { topics, lookAgain, isBulk = false }: Confirming,
): Promise<SendResult> {
  const { content } = request;
  const leftOut = topics.leftOut(content);
  const stored = {
    ...storedFields(member),
    ...Object.fromEntries(leftOut.map((name) => [name, content[name] ?? null])),
  };
  const held = member.interests == null ? wantedTopics(content) : topics.topicsIn(member.interests);
  const [other] = [
    ...differing(content, stored),
    ...(isSameSet(held, topics.known(wantedTopics(content))) ? [] : ['topics']),
  ];
  if (other !== undefined) {
    // A value for a merge field that no longer exists is silently ignored.
    await lookAgain();
    const field = columnOf(other);
    throw new SyncError('contract', `MailChimp keeps another value than was sent of ${field}`, {
      code: 'changed-value',
      field,
    });
  }
  await syncTags(api, request, member, isBulk);
  return {
    kind: 'sent',
    remoteId: member.id,
    remoteModifiedOn: null,
    stored: {
      ...stored,
      status: member.status,
      consent: consentIn(member),
      topics: new Set(held),
      tags: new Set(wantedTags(content)),
    },
  };
}

/**
 * Compares our tags as a set; those of others stay. A malformed tag call is answered as a success, so the tags are read
 * back.
 */
async function syncTags(api: MailchimpApi, { content }: SendRequest, member: Member, isBulk: boolean): Promise<void> {
  const wanted = wantedTags(content);
  const changes = tagChanges(wanted, await api.tagsOf(member));
  if (changes.length === 0) return;
  await api.changeTags(member.id, changes, isBulk);
  const now = await api.member(member.id);
  if (now === null || tagChanges(wanted, await api.tagsOf(now)).length > 0) {
    throw new SyncError('transient', 'MailChimp does not show the tags that were set', { code: 'tags-not-kept' });
  }
}

/** Tag names are case-insensitive. */
function tagChanges(wanted: readonly string[], shown: readonly string[]): TagChange[] {
  const held = shown.filter(isOurTag).map((name) => name.toLowerCase());
  const names = wanted.map((name) => name.toLowerCase());
  return [
    ...wanted.filter((name) => !held.includes(name.toLowerCase())).map((name) => ({ name, status: 'active' as const })),
    ...held.filter((name) => !names.includes(name)).map((name) => ({ name, status: 'inactive' as const })),
  ];
}

const isSameSet = (one: readonly string[], other: readonly string[]) =>
  new Set(one).symmetricDifference(new Set(other)).size === 0;
