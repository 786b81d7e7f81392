import { canonicalText } from '../../sync/canonical-form.ts';
import { Unmappable, type Source } from '../../sync/fields.ts';
import { fieldKind } from '../field-kinds.ts';

/** Mailchimp's language codes. */
const CODES: ReadonlySet<string> = new Set(
  (
    'en ar af be bg ca zh hr cs da nl et fa fi fr fr_CA de el he hi hu is id ga it ja km ko lv lt mt ms mk no pl pt ' +
    'pt_PT ro ru sr sk sl es es_ES sw sv ta th tr uk vi'
  ).split(' '),
);

/** Mailchimp's codes where they differ from BCP 47. */
const OTHERS: Readonly<Record<string, string>> = { nb: 'no', nn: 'no' };

/**
 * Mailchimp's code of a language; null: none is sent, and Mailchimp guesses. @throws Unmappable for an invalid language
 * tag.
 */
export function languageCode([column, value]: Source<string | null | undefined>): string | null {
  const tag = canonicalText(value);
  if (tag === null) return null;
  let locale: Intl.Locale;
  try {
    locale = new Intl.Locale(tag.replaceAll('_', '-'));
  } catch {
    throw new Unmappable(column, 'is no BCP 47 language tag');
  }
  const { language, region } = locale;
  const codes = [`${language}_${region ?? ''}`, OTHERS[language] ?? language];
  return codes.find((code) => CODES.has(code)) ?? null;
}

export const LANGUAGE = fieldKind('language of Mailchimp', languageCode);
