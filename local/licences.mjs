// Plain JavaScript for any Node from 18 on. Usage: npm run licences
import { readFileSync } from 'node:fs';

/** Licences that ask for no more than a notice. */
const ALLOWED = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'Unlicense',
  'CC0-1.0',
  'Python-2.0',
]);

/** Looked at by hand, with the version that was looked at: another version is looked at again. */
const LOOKED_AT = new Map([
  // Data under CC-BY-4.0, which the image contains as it was published, with its notice.
  ['node_modules/caniuse-lite', '1.0.30001826'],
  // Its LICENSE file is the Unlicense.
  ['node_modules/unionfs', '4.6.0'],
]);

/**
 * The production packages of a lock file whose licence is unknown or not allowed. Of alternatives (`A OR B`) one suffices; of
 * combinations (`A AND B`) all must be allowed.
 *
 * @param {{ packages: Record<string, { dev?: boolean; devOptional?: boolean; license?: string; version?: string }> }} lock
 * @param {ReadonlySet<string>} [allowed]
 */
export function refusedLicences(lock, allowed = ALLOWED) {
  /** @param {string} one */
  const isAllowed = (one) =>
    one.split(' OR ').some((choice) => choice.split(' AND ').every((name) => allowed.has(name.trim())));
  return Object.entries(lock.packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true)
    .filter(([path, { version }]) => version === undefined || LOOKED_AT.get(path) !== version)
    .map(([path, { license }]) => ({ path, licence: license ?? 'none given' }))
    .filter(({ licence }) => !isAllowed(licence.replace(/[()]/g, '')));
}

/** Runs only as a program, not where it is imported. */
if ((process.argv[1] ?? '').endsWith('licences.mjs')) {
  const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
  const refused = refusedLicences(lock);
  for (const { path, licence } of refused) console.error(`${path}: ${licence}`);
  if (refused.length > 0) process.exitCode = 1;
  else console.log('every production package has a licence that asks for no more than a notice');
}
