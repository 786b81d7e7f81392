import { canonicalText } from '../../sync/canonical-form.ts';
import { Unmappable, type Source } from '../../sync/fields.ts';
import { fieldKind } from '../field-kinds.ts';

/** Mautic's English names where they differ from today's CLDR. */
const NAMES: Readonly<Record<string, string>> = {
  AG: 'Antigua and Barbuda',
  BA: 'Bosnia and Herzegovina',
  BL: 'Saint Barthelemy',
  BQ: 'Bonaire, Saint Eustatius and Saba',
  CD: 'Democratic Republic of the Congo',
  CG: 'Republic of the Congo',
  CI: 'Ivory Coast',
  CZ: 'Czech Republic',
  GS: 'South Georgia and the South Sandwich Islands',
  GW: 'Guinea Bissau',
  HK: 'Hong Kong',
  HM: 'Heard Island and McDonald Islands',
  KN: 'Saint Kitts and Nevis',
  LC: 'Saint Lucia',
  MF: 'Saint Martin',
  MK: 'Macedonia',
  MM: 'Myanmar',
  MO: 'Macao',
  PM: 'Saint Pierre and Miquelon',
  PN: 'Pitcairn',
  PS: 'Palestine',
  SH: 'Saint Helena, Ascension and Tristan da Cunha',
  SJ: 'Svalbard and Jan Mayen',
  ST: 'Sao Tome and Principe',
  TC: 'Turks and Caicos Islands',
  TL: 'East Timor',
  TR: 'Turkey',
  TT: 'Trinidad and Tobago',
  VA: 'Holy See',
  VC: 'Saint Vincent and the Grenadines',
  VG: 'Virgin Islands (British)',
  VI: 'Virgin Islands (U.S.)',
  WF: 'Wallis and Futuna',
};

/** Countries that Mautic's list does not have. */
const UNLISTED: ReadonlySet<string> = new Set(
  'AC AS CC CP CQ CX DG EA EU EZ FO IC IO NF QO SX TA TF UM UN XA XB ZZ'.split(' '),
);

/** Version 5's names of countries that version 4 calls differently. */
export const OLDER_NAMES: Readonly<Record<string, string>> = { Eswatini: 'Swaziland' };

const ENGLISH = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

const nameOf = (code: string): string | null =>
  UNLISTED.has(code) || !isCurrent(code) ? null : (NAMES[code] ?? ENGLISH.of(code) ?? null);

/**
 * Mautic's name of an ISO 3166-1 alpha-2 country, or null. @throws Unmappable if it is not a country, or not one that
 * Mautic knows.
 */
export function countryName([column, value]: Source<string | null | undefined>): string | null {
  const code = canonicalText(value)?.toUpperCase() ?? null;
  if (code === null) return null;
  if (!/^[A-Z]{2}$/.test(code)) throw new Unmappable(column, 'is no ISO 3166-1 alpha-2 code');
  const name = nameOf(code);
  if (name === null) throw new Unmappable(column, "is no country of Mautic's list");
  return name;
}

/** The code of Mautic's name of a country, by any version's list; null if it is none. */
export function countryCode(name: string): string | null {
  CODES ??= new Map(
    allCodes().flatMap((code) => {
      const current = nameOf(code);
      return current === null ? [] : [current, OLDER_NAMES[current] ?? []].flat().map((one) => [one, code] as const);
    }),
  );
  return CODES.get(name) ?? null;
}

let CODES: ReadonlyMap<string, string> | undefined;

const LETTERS = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');

const allCodes = () => LETTERS.flatMap((first) => LETTERS.map((second) => `${first}${second}`));

/** CLDR resolves codes that ISO withdrew (AN, YU) or never assigned (UK) to other ones. */
const isCurrent = (code: string) => new Intl.Locale(`und-${code}`).region === code;

export const COUNTRY = fieldKind('country, by its name at Mautic', countryName);
