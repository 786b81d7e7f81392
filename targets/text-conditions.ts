/**
 * SQL conditions that read a text of EMS as the mappings do (`canonicalText`). PostgreSQL's own `btrim` and `\s` know
 * fewer blanks, and `\s` depends on the database's locale, so the characters are named one by one.
 */

/** JavaScript's white space, for a bracket expression. */
const BLANK = String.raw` \t\n\v\f\r\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff`;

/** Unicode's Default_Ignorable_Code_Point: characters that show nothing by themselves. */
const INVISIBLE = String.raw`\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff`;

/**
 * Whether a column contains a visible character, so that its canonical text is not null.
 *
 * @param column SQL, for example `e.email`.
 */
export const hasText = (column: string): string => `(${plain(column)} ~ '[^${BLANK}${INVISIBLE}]' IS TRUE)`;

/**
 * Whether the canonical text of a column is one of these words; false for null.
 *
 * @param column SQL, for example `e.status`.
 * @param words ASCII letters and underscores, as in EMS's lists.
 */
export const isWord = (column: string, words: readonly string[]): string =>
  `(${plain(column)} ~ '^[${BLANK}]*(${words.join('|')})[${BLANK}]*$' IS TRUE)`;

/** EMS's column may be an enum, or have a collation that PostgreSQL cannot match patterns with. */
const plain = (column: string): string => `(${column})::text COLLATE "C"`;
