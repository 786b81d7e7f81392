/** How Mautic cleans the texts it receives, before any lookup. */

const MAX_EMAIL = 254;

/** Truncated, reduced to the characters that PHP's FILTER_SANITIZE_EMAIL keeps, and trimmed; case is kept. */
export const cleanEmail = (text: string): string =>
  text
    .trim()
    .slice(0, MAX_EMAIL)
    .replaceAll(/[^A-Za-z0-9!#$%&'*+\-=?^_`{|}~@.[\]]/g, '');

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

const decoded = (text: string): string =>
  text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi, (whole, decimal, hex, name: string | undefined) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });

/** Decodes entities, strips everything that starts like markup (`1<2` becomes `1`) and trims. */
export const cleanText = (text: string): string =>
  decoded(text)
    .replaceAll(/<(?=\S)[^>]*>?/g, '')
    .trim();

/** A tag's name: decoded, stripped of markup and trimmed. */
export const cleanTag = (text: string): string => cleanText(text);

/** The database compares without case and accents (`utf8mb4_unicode_ci`, which Mautic's installer sets). */
export const folded = (text: string): string =>
  text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().normalize('NFC');

/** Approximates PHP's FILTER_VALIDATE_EMAIL: one "@", a domain with a dot, no consecutive dots. */
export const looksLikeEmail = (text: string): boolean =>
  /^[^@\s.]+(\.[^@\s.]+)*@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/.test(
    text,
  );
