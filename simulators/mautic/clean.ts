/** What Mautic makes of the texts that it is given, before it looks anything up. */

const MAX_EMAIL = 254;

/** Cut, rid of what PHP's FILTER_SANITIZE_EMAIL does not like, trimmed; its case is kept. */
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

/** Entities decoded, then stripped of everything that begins like markup (`1<2` is `1`), trimmed. */
export const cleanText = (text: string): string =>
  decoded(text)
    .replaceAll(/<(?=\S)[^>]*>?/g, '')
    .trim();

/** A tag's name: trimmed, markup stripped, entities decoded. */
export const cleanTag = (text: string): string => cleanText(text);

/** How the database compares: without regard to case. */
export const folded = (text: string): string => text.toLowerCase();

/** As PHP's FILTER_VALIDATE_EMAIL, roughly: one "@", a domain with a dot, no dots in a row. */
export const looksLikeEmail = (text: string): boolean =>
  /^[^@\s.]+(\.[^@\s.]+)*@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/.test(
    text,
  );
