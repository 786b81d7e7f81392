import { cleanTag, folded } from './clean.ts';
import type { Mautic } from './mautic.ts';
import { phpText } from './php.ts';

/** The tags after `tags` was sent: each is added, a leading "-" removes it, nothing is replaced. */
export function tagsAfter(mautic: Mautic, before: readonly number[], sent: unknown): readonly number[] {
  const names = typeof sent === 'string' ? sent.split(',') : Object.values(sent ?? {}).map(phpText);
  return names
    .map(cleanTag)
    .filter((name) => name !== '' && name !== '-')
    .reduce((tags, name) => {
      if (!name.startsWith('-')) {
        const id = tagNamed(mautic, name);
        return tags.includes(id) ? tags : [...tags, id];
      }
      const [known] = mautic.store.tags.by('tag', folded(name.slice(1)));
      return known === undefined ? tags : tags.filter((id) => id !== known.id);
    }, before);
}

function tagNamed({ store }: Mautic, name: string): number {
  const [known] = store.tags.by('tag', folded(name));
  return known?.id ?? store.tags.save({ id: store.tags.nextId(), tag: name }).id;
}
