import examples from 'libphonenumber-js/mobile/examples';
import { getExampleNumber, parsePhoneNumber } from 'libphonenumber-js/mobile';

import { tidy } from './locales.ts';
import type { Locale } from './locales.ts';
import { int, pick } from './rng.ts';
import type { Rng } from './rng.ts';

export interface AddressDraft {
  readonly street: string;
  readonly city: string;
  /** Empty where addresses have no region. */
  readonly region: string;
  readonly postal_code: string;
  readonly country: string;
}

export function inventAddress({ faker, country, hasRegions }: Locale): AddressDraft {
  return {
    street: tidy(faker.location.streetAddress()),
    city: tidy(faker.location.city()),
    region: hasRegions ? tidy(faker.location.state()) : '',
    postal_code: tidy(faker.location.zipCode()),
    country,
  };
}

/** A mobile number that is valid in the country, in E.164. */
export function inventPhone(rng: Rng, country: Locale['country']): string {
  const example = getExampleNumber(country, examples);
  if (!example) throw new Error(`No example of a phone number for ${country}: take the country out of locales.ts.`);
  const stem = example.number.slice(0, -5);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const candidate = `${stem}${String(int(rng, 0, 99_999)).padStart(5, '0')}`;
    if (parsePhoneNumber(candidate).isValid()) return candidate;
  }
  return example.number;
}

const latinLetters: ReadonlyMap<string, string> = new Map([
  ['ß', 'ss'],
  ['æ', 'ae'],
  ['ø', 'o'],
  ['ł', 'l'],
  ['đ', 'd'],
  ['þ', 'th'],
  ['ð', 'd'],
  ['ı', 'i'],
]);

/** Lower-case ASCII letters and digits; characters without an ASCII counterpart are dropped. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[ßæøłđþðı]/gu, (letter) => latinLetters.get(letter) ?? '')
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .replaceAll(/^-+|-+$/gu, '');
}

/** A realistic domain that is reserved (RFC 2606), so nobody can own it. */
export function inventDomain(rng: Rng, country: string): string {
  const land = country.toLowerCase();
  return pick(rng, [
    'example.org',
    'example.com',
    'example.net',
    `mail.${land}.example`,
    `post-${land}.example`,
    `inbox.example`,
    `${land}.runners.example`,
  ]);
}

/** An address that is unique to this number; built from the names if they are in Latin script. */
export function inventEmail(rng: Rng, names: readonly string[], country: string, number: number): string {
  const local = names.map(slug).filter(Boolean).join('.');
  return `${local.length < 3 ? 'runner' : local}${number}@${inventDomain(rng, country)}`;
}
