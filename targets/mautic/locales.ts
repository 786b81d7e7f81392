import { canonicalText } from '../../sync/canonical-form.ts';
import { Unmappable, type Source } from '../../sync/fields.ts';
import { fieldKind } from '../field-kinds.ts';

/** `pt-PT` → `pt_PT`. Mautic has some 646 languages with and without a country; its answers show which. */
export function localeOf([column, value]: Source<string | null | undefined>): string | null {
  const tag = canonicalText(value);
  if (tag === null) return null;
  try {
    const { language, region } = new Intl.Locale(tag.replaceAll('_', '-'));
    return region === undefined ? language : `${language}_${region}`;
  } catch {
    throw new Unmappable(column, 'is no BCP 47 language tag');
  }
}

export const LOCALE = fieldKind('locale', localeOf);
