/** Languages that Mailchimp accepts; any other falls back. */
const LANGUAGES = new Set(
  (
    'en ar af be bg ca zh hr cs da nl et fa fi fr fr_CA de el he hi hu is id ga it ja km ko lv lt mt ms mk no pl pt ' +
    'pt_PT ro ru sr sk sl es es_ES sw sv ta th tr uk vi'
  ).split(' '),
);

/** The list's default language. */
export const DEFAULT_LANGUAGE = 'en';

/** A regional variant falls back to the language, an unknown language to the list's default. */
export function languageOf(sent: string): string {
  const code = sent.trim().replace('-', '_');
  if (LANGUAGES.has(code)) return code;
  const language = (code.split('_')[0] ?? '').toLowerCase();
  return LANGUAGES.has(language) ? language : DEFAULT_LANGUAGE;
}
