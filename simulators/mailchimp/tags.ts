import { type Mailchimp, nowOf } from './mailchimp.ts';
import type { Member, Tag } from './records.ts';

type TagsOfMember = Member['tags'];

function tagNamed({ store, settings }: Mailchimp, sent: string): Tag | undefined {
  const [tag] = settings.tagNamesIgnoreCase ? store.tags.by('folded', sent.toLowerCase()) : store.tags.by('name', sent);
  return tag;
}

/** Adds these tags; unknown ones are created. */
export function withTags(mailchimp: Mailchimp, before: TagsOfMember, names: readonly string[]): TagsOfMember {
  const { store } = mailchimp;
  let tags = before;
  for (const name of names.map((each) => each.trim()).filter((each) => each !== '')) {
    const tag = tagNamed(mailchimp, name) ?? store.tags.save({ id: store.tags.nextId(), name });
    if (!tags.some(({ id }) => id === tag.id)) tags = [...tags, { id: tag.id, addedAt: nowOf(mailchimp) }];
  }
  return tags;
}

/** Removes these tags. */
export function withoutTags(mailchimp: Mailchimp, before: TagsOfMember, names: readonly string[]): TagsOfMember {
  const gone = new Set(names.map((name) => tagNamed(mailchimp, name.trim())?.id));
  return before.filter(({ id }) => !gone.has(id));
}

export const tagName = ({ store }: Mailchimp, id: number): string => store.tags.find(id)?.name ?? '';

/** Records the automations that newly added tags start. */
export function startAutomations(mailchimp: Mailchimp, { email, tags }: Member, after: TagsOfMember): void {
  for (const { id } of after.filter((tag) => !tags.some((before) => before.id === tag.id))) {
    mailchimp.effects.automationsStarted.push({ email, tag: tagName(mailchimp, id) });
  }
}
