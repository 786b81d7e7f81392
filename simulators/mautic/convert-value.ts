import { cleanEmail, cleanText, looksLikeEmail } from './clean.ts';
import { countriesOf } from './countries.ts';
import { isNumeric, phpText, toInt } from './php.ts';
import type { Field, FieldValue } from './records.ts';
import { regions } from './regions.ts';
import type { Settings } from './settings.ts';

/** How a field handles what was sent: a value (null = blank), ignored, or an error. */
export type Converted =
  | { readonly kind: 'value'; readonly value: FieldValue }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'wrong'; readonly messages: readonly string[] };

const BLANK: Converted = { kind: 'value', value: null };
const DROPPED: Converted = { kind: 'dropped' };
const of = (value: FieldValue): Converted => ({ kind: 'value', value });
const wrong = (...messages: readonly string[]): Converted => ({ kind: 'wrong', messages });

const timeZones = new Set([...Intl.supportedValuesOf('timeZone'), 'UTC']);

/** Locales in today's list that Mautic's list does not have. */
const NEWER: ReadonlySet<string> = new Set(['en_PT', 'ht', 'ht_HT']);

/** For example `pt`, `pt_PT`, `zh_Hant_TW` or `es_419`: two-letter languages, with countries where they are spoken. */
function isLocale(text: string): boolean {
  if (!/^[a-z]{2}(?:_[A-Z][a-z]{3})?(?:_(?:[A-Z]{2}|\d{3}))?$/.test(text) || NEWER.has(text)) return false;
  const tag = text.replaceAll('_', '-');
  return new Intl.DateTimeFormat(tag).resolvedOptions().locale === tag;
}

/**
 * @param sent as parsed from JSON
 */
export function convertValue(field: Field, sent: unknown, settings: Settings): Converted {
  if (sent === undefined || sent === null || sent === '') return BLANK;
  if (typeof sent === 'object' && field.type !== 'multiselect') return wrong('This value is not valid.');
  const text = phpText(sent);

  const choice = (allowed: boolean): Converted => (allowed ? of(text) : wrong(INVALID_CHOICE));
  switch (field.type) {
    case 'email': {
      const email = cleanEmail(text);
      if (email === '') return BLANK;
      const kept = limited(email, limitOf(field, settings));
      if (looksLikeEmail(email)) return kept;
      return wrong(`"${email}" is invalid.`, ...(kept.kind === 'wrong' ? kept.messages : []));
    }
    case 'number':
      return isNumeric(text) ? of(scaled(field, Number(text))) : wrong('Please enter a number.');
    case 'boolean':
      return of(['1', 'true', 'yes', 'on'].includes(text.toLowerCase()) ? 1 : 0);
    case 'date':
    case 'datetime':
      return dated(text, field.type);
    case 'country':
      return choice(countriesOf(settings.version).has(text));
    case 'region':
      return choice(settings.regions === 'any' || regions.has(text));
    case 'locale':
      return choice(isLocale(text));
    case 'timezone':
      return choice(timeZones.has(text));
    case 'select':
      return choice(isListed(field, text));
    case 'multiselect': {
      const items = Array.isArray(sent) ? sent.map(phpText) : text.split('|');
      return items.every((item) => isListed(field, item)) ? of(items.join('|')) : wrong(INVALID_CHOICE);
    }
    case 'html':
      return text.trim() === '' ? BLANK : of(text.trim());
    case 'text':
    case 'textarea':
    case 'tel':
    case 'url':
    case 'lookup': {
      const clean = cleanText(text);
      return clean === '' ? BLANK : limited(clean, limitOf(field, settings));
    }
  }
}

const INVALID_CHOICE = 'This value is not valid.';

const LIMITED: ReadonlySet<string> = new Set(['text', 'email', 'tel', 'url', 'lookup']);

/** Null: no limit. Mautic reveals the limit only in its refusals. */
function limitOf({ type, charLengthLimit }: Field, { textLength, version }: Settings): number | null {
  if (!LIMITED.has(type)) return null;
  return charLengthLimit ?? textLength ?? (version === '4' ? 191 : 64);
}

function limited(text: string, limit: number | null): Converted {
  const tooLong = limit !== null && Array.from(text).length > limit;
  return tooLong ? wrong(`This value is too long. It should have ${limit} characters or less.`) : of(text);
}

function scaled({ properties }: Field, value: number): number {
  const scale = toInt(properties['scale']);
  return scale === 0 ? Math.trunc(value) : Number(value.toFixed(scale));
}

function isListed({ properties }: Field, value: string): boolean {
  const list = properties['list'];
  const items = Array.isArray(list) ? list : typeof list === 'string' ? list.split('|') : [];
  if (items.length === 0) return true;
  return items.some((item: unknown) =>
    typeof item === 'object' && item !== null && 'value' in item
      ? phpText(item.value) === value
      : phpText(item) === value,
  );
}

/**
 * Parses like PHP's strtotime: 30 February becomes 2 March. A date-time is in the server's zone, UTC, with minute
 * precision.
 */
function dated(text: string, type: 'date' | 'datetime'): Converted {
  const local =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?$/.exec(
      text.trim(),
    );
  const [, year, month, day, hour = '0', minute = '0', zone] = local ?? [];
  const moment =
    local === null || zone !== undefined
      ? Date.parse(text)
      : Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));
  if (Number.isNaN(moment)) return DROPPED;
  const iso = new Date(moment).toISOString();
  return of(type === 'date' ? iso.slice(0, 10) : `${iso.slice(0, 16).replace('T', ' ')}:00`);
}
