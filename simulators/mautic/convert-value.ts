import { cleanEmail, cleanText, looksLikeEmail } from './clean.ts';
import { countries } from './countries.ts';
import { isNumeric, phpText, toInt } from './php.ts';
import type { Field, FieldValue } from './records.ts';
import { regions } from './regions.ts';
import type { Settings } from './settings.ts';

/** What a field makes of what was sent: a value (null = blank), nothing at all, or an objection. */
export type Converted =
  | { readonly kind: 'value'; readonly value: FieldValue }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'wrong'; readonly message: string };

const BLANK: Converted = { kind: 'value', value: null };
const DROPPED: Converted = { kind: 'dropped' };
const of = (value: FieldValue): Converted => ({ kind: 'value', value });
const wrong = (message: string): Converted => ({ kind: 'wrong', message });

const languageNames = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });
const regionNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
const timeZones = new Set([...Intl.supportedValuesOf('timeZone'), 'UTC']);

/** As `pt`, `pt_PT` or `zh_Hant_TW`. Whether that language is spoken there is not asked. */
function isLocale(text: string): boolean {
  const parts = /^([a-z]{2,3})(?:_[A-Z][a-z]{3})?(?:_([A-Z]{2}))?$/.exec(text);
  const [, language = '', region] = parts ?? [];
  if (parts === null) return false;
  return languageNames.of(language) !== undefined && (region === undefined || regionNames.of(region) !== undefined);
}

/**
 * @param sent as parsed from JSON
 */
export function convertValue(field: Field, sent: unknown, settings: Settings): Converted {
  const { invalidChoice } = wordsOf(settings);
  if (sent === undefined || sent === null || sent === '') return BLANK;
  if (typeof sent === 'object' && field.type !== 'multiselect') return wrong('This value is not valid.');
  const text = phpText(sent);

  const choice = (allowed: boolean): Converted => (allowed ? of(text) : wrong(invalidChoice));
  switch (field.type) {
    case 'email': {
      const email = cleanEmail(text);
      if (email === '') return BLANK;
      return looksLikeEmail(email) ? of(email) : wrong('A valid email is required.');
    }
    case 'number':
      return isNumeric(text) ? of(scaled(field, Number(text))) : wrong('Please enter a number.');
    case 'boolean':
      return of(['1', 'true', 'yes', 'on'].includes(text.toLowerCase()) ? 1 : 0);
    case 'date':
    case 'datetime':
      return dated(text, field.type);
    case 'country':
      return choice(countries.has(text));
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
      return items.every((item) => isListed(field, item)) ? of(items.join('|')) : wrong(invalidChoice);
    }
    case 'html':
      return text.trim() === '' ? BLANK : of(text.trim());
    case 'text':
    case 'textarea':
    case 'tel':
    case 'url':
    case 'lookup': {
      const clean = cleanText(text);
      return clean === ''
        ? BLANK
        : limited(clean, field.charLengthLimit === null ? null : Math.min(field.charLengthLimit, settings.textLength));
    }
  }
}

/** Symfony, beneath Mautic, has changed its words. */
const wordsOf = ({ version }: Settings) => ({
  invalidChoice: version === '4' ? 'This value is not valid.' : 'The selected choice is invalid.',
});

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

/** As PHP's strtotime: 30 February is 2 March. A date-time is in the server's zone, UTC, and precise to the minute. */
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
