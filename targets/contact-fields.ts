import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js';
import { canonicalText } from '../sync/canonical-form.ts';
import { assertRead, text, Unmappable, type Source } from '../sync/fields.ts';
import { fieldKind, textIn, twoWayKind } from './field-kinds.ts';

type Text = string | null | undefined;

/** Reduces each run of white space to one blank. Otherwise splitting and joining names would change it back and forth. */
export function oneSpaced(value: Text): string | null {
  return canonicalText(value?.replaceAll(/\s+/gu, ' '));
}

/** First and last name as ChatWoot's one `name`. @throws Unmappable if the name is too long or has control characters. */
export function joinedName(first: Text, last: Text): string | null {
  const parts = [oneSpaced(first), oneSpaced(last)].filter((part) => part !== null);
  return text(['first_name, last_name', oneSpaced(parts.join(' '))]);
}

/** `Ana Maria Silva` → `Ana Maria` and `Silva`. A single word is a last name, because most EMS records have at least that. */
export function splitName(name: string | null): {
  readonly firstName: string | null;
  readonly lastName: string | null;
} {
  const words = name?.split(' ') ?? [];
  return { firstName: words.slice(0, -1).join(' ') || null, lastName: words.at(-1) ?? null };
}

/** ChatWoot's own rule (from Devise): one `@` with text on both sides, and no white space. */
const EMAIL_PATTERN = /^[^@\s]+@[^@\s]+$/u;

/** ChatWoot stores e-mail addresses in lower case. */
export function lowerCase(value: Text): string | null {
  return canonicalText(canonicalText(value)?.toLowerCase());
}

/** @throws Unmappable if ChatWoot would not accept it as an address. */
export function emailAddress([column, value]: Source<Text>): string | null {
  const email = text([column, lowerCase(value)]);
  if (email !== null && !EMAIL_PATTERN.test(email)) throw new Unmappable(column, 'is no e-mail address');
  return email;
}

export const EMAIL = twoWayKind(fieldKind('e-mail address', emailAddress), textIn);

const E164 = /^\+[1-9]\d{1,14}$/;
const PUNCTUATION = /[\s().\-/]/gu;

/**
 * A phone number in E.164; a number without country code is read as one of `country`. Null if it is not a phone number.
 *
 * The numbering plans decide first, with and without a trunk zero in brackets: Italy dials it, almost no other country
 * does. A number unknown to every plan is judged by its form, without that zero.
 */
export function e164(value: Text, country?: string | null): string | null {
  const number = canonicalText(value);
  if (number === null) return null;
  const home = canonicalText(country)?.toUpperCase() ?? '';
  const stripped = withoutTrunkZero(number);
  const [written, dialled] = [number, stripped].map((text) =>
    parsePhoneNumberFromString(text, isSupportedCountry(home) ? home : undefined),
  );
  const found = [written, dialled].find((one) => one?.isValid()) ?? [dialled, written].find((one) => one?.isPossible());
  if (found !== undefined && E164.test(found.number)) return found.number;
  const bare = stripped.replaceAll(PUNCTUATION, '');
  return E164.test(bare) ? bare : null;
}

/** `+44 (0)20 …` → `+44 20 …`: after a country code, a zero in brackets is only dialled within the country. */
export function withoutTrunkZero(number: string): string {
  return /^(\+|00)/.test(number) ? number.replace(/\(0\)/, ' ') : number;
}

/** @throws Unmappable if it is not a phone number, not even in the person's country. */
export function phoneNumber([column, value]: Source<Text>, country: Text): string | null {
  assertRead([column, value]);
  if (canonicalText(value) === null) return null;
  const number = e164(value, country);
  if (number === null) throw new Unmappable(column, 'is no phone number, in E.164 or in the country of the person');
  return number;
}

const LONGEST_LIST = 1_000;

/** Names on one line: sorted, without duplicates, and cut so that the line fits an agent's screen. */
export function listOfNames(names: readonly Text[]): string | null {
  const clean = names.map((name) => oneSpaced(name?.toWellFormed().replaceAll(/\p{Cc}/gu, ' ')));
  const list = [...new Set(clean.filter((name) => name !== null))].toSorted().join(', ');
  const characters = Array.from(list);
  return characters.length <= LONGEST_LIST
    ? canonicalText(list)
    : `${characters
        .slice(0, LONGEST_LIST - 1)
        .join('')
        .trim()}…`;
}
