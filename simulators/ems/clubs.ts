import { blemish } from './blemishes.ts';
import { inventAddress, inventPhone, slug } from './contact-details.ts';
import { tidy } from './locales.ts';
import type { Locale } from './locales.ts';
import { chance, pick, pickWeighted } from './rng.ts';
import type { Rng } from './rng.ts';
import type { OrganisationRow } from './rows.ts';

const federations: readonly (readonly [name: string, country: Locale['country']])[] = [
  ['Federação Atlântica de Corrida', 'PT'],
  ['Nordwind Veranstaltungen e. V.', 'DE'],
  ['青波陸上競技連盟', 'JP'],
];

const sponsors: readonly (readonly [name: string, country: Locale['country']])[] = [
  ["Baker's Dozen Sports & Co", 'GB'],
  ['Águas da Serra Nova', 'PT'],
  ['Käsehütte Müsli AG', 'CH'],
  ['Søndervind Energi', 'DK'],
  ['Żabka Leśna Buty', 'PL'],
  ['Crème de la Course', 'FR'],
];

/** The organiser of the main event is always the first organisation. */
export const MAIN_ORGANISER_ID = 1;

/**
 * Federations first, then sponsors, then clubs: at least twelve, plus one for every forty participants, at most 160.
 */
export function inventOrganisations(
  rng: Rng,
  locales: readonly Locale[],
  size: number,
  stamp: () => string,
): OrganisationRow[] {
  const byCountry = new Map(locales.map((locale) => [locale.country, locale]));
  const home = (country: Locale['country']): Locale => byCountry.get(country) ?? pickWeighted(rng, locales);
  const rows: OrganisationRow[] = [];
  const names = new Set<string>();

  const add = (name: string, kind: OrganisationRow['kind'], locale: Locale): void => {
    names.add(name);
    const id = rows.length + 1;
    const host = `${slug(name).length < 4 ? `${kind}-${id}` : slug(name)}.example`;
    const address = inventAddress(locale);
    rows.push({
      id,
      modified_on: stamp(),
      name,
      kind,
      email: blemish(rng, `${pick(rng, ['info', 'hello', 'office'])}@${host}`),
      phone: blemish(rng, inventPhone(rng, locale.country), { missing: 0.1, empty: 0.05, padded: 0.05 }),
      website: blemish(rng, `https://${host}/`, { missing: 0.15, empty: 0.08, padded: 0.08 }),
      street: blemish(rng, address.street),
      city: blemish(rng, address.city),
      region: blemish(rng, address.region, { missing: 0.2 }),
      postal_code: blemish(rng, address.postal_code),
      country: id > MAIN_ORGANISER_ID && chance(rng, 0.05) ? null : address.country,
    });
  };

  for (const [name, country] of federations) add(name, 'federation', home(country));
  for (const [name, country] of sponsors) add(name, 'sponsor', home(country));
  const clubs = Math.min(160, 12 + Math.floor(size / 40));
  for (let count = 0; count < clubs; count += 1) {
    const locale = pickWeighted(rng, locales);
    const name = locale.club.replace('#', tidy(locale.faker.location.city()));
    add(names.has(name) ? `${name} ${count + 1}` : name, 'club', locale);
  }
  return rows;
}
