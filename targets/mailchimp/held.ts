import { canonicalForm } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import type { HeldRecords } from '../remote-system.ts';
import type { Member } from './answers.ts';
import type { MailchimpApi } from './api.ts';
import { wantedStatus, wantedTags, wantedTopics } from './member-body.ts';
import { emsKeyOf, isOurTag, isReached, storedFields } from './read-member.ts';
import type { MailchimpShape, Topics } from './topics.ts';

/** A member as far as EMS decides about it. */
export function heldAtMailchimp(api: MailchimpApi, shape: MailchimpShape): HeldRecords {
  return {
    read: async ({ remoteId, content }) => {
      const member = await api.member(remoteId);
      if (member === null || member.status === 'archived') return null;
      const held = {
        ...fieldsOf(member, content, await shape.topics()),
        tags: tagsOf(await api.tagsOf(member), content),
        consent: consentOf(member, content),
      };
      return { remoteId: member.id, emsKey: emsKeyOf(member), content: held };
    },
  };
}

/** Without what the audience cannot store, and without Mailchimp's guess of a language. */
function fieldsOf(member: Member, wanted: Content, topics: Topics): Content {
  const leftOut = topics.leftOut(wanted);
  const held = member.interests == null ? wantedTopics(wanted) : topics.topicsIn(member.interests);
  const unknown = wantedTopics(wanted).filter((topic) => !topics.known([topic]).includes(topic));
  const stored = { ...storedFields(member), topics: new Set([...held, ...unknown]) };
  return Object.fromEntries(
    Object.entries(stored).filter(
      ([name]) => !leftOut.includes(name) && !(name === 'language' && canonicalForm(wanted[name]) === null),
    ),
  );
}

/** Names of tags are the same in capitals. */
function tagsOf(shown: readonly string[], wanted: Content): Content[string] {
  const ours = shown.filter(isOurTag);
  const spelt = new Map(wantedTags(wanted).map((name) => [name.toLowerCase(), name]));
  return new Set(ours.map((name) => spelt.get(name.toLowerCase()) ?? name));
}

/** A refusal stands whatever EMS says; only an opt-out of EMS must be there. */
function consentOf(member: Member, content: Content): Content[string] {
  const wanted = wantedStatus(content);
  return wanted === 'unsubscribed' && isReached(member) ? 'subscribed' : wanted;
}
