import type { MergeField, MergeValue, PostalAddress } from './records.ts';
import type { Settings } from './settings.ts';

/** The result of judging a value sent for a merge field. */
export type Judged =
  { readonly kind: 'value'; readonly value: MergeValue } | { readonly kind: 'wrong'; readonly message: string };

const value = (of: MergeValue): Judged => ({ kind: 'value', value: of });
const wrong = (message: string): Judged => ({ kind: 'wrong', message });

const MAX_LENGTH = 255;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const BIRTHDAY = /^(\d\d?)\/(\d\d?)$/;
const ZIP = /^\d{5}(?:-\d{4})?$/;

/** Empty is `""` for every type. Does not check whether the field is required. */
export function judgeMergeValue(field: MergeField, sent: unknown, settings: Settings): Judged {
  if (field.type === 'address') return judgeAddress(sent, settings);
  if (typeof sent !== 'string' && typeof sent !== 'number' && typeof sent !== 'boolean') {
    return wrong(`Schema describes string, ${kindOf(sent)} found instead`);
  }
  const text = settings.trimTexts ? String(sent).trim() : String(sent);
  if (text.trim() === '') return value('');
  if (Array.from(text).length > MAX_LENGTH) return wrong(`Please limit your entry to ${MAX_LENGTH} characters`);
  return judgeText(field, text);
}

function judgeText({ type, options }: MergeField, text: string): Judged {
  switch (type) {
    case 'text':
      return value(text);
    case 'number':
      return Number.isFinite(Number(text)) ? value(Number(text)) : wrong('Please enter a number');
    case 'phone':
      return options.phone_format === 'US' && !isUsPhone(text)
        ? wrong('Please enter a valid phone number')
        : value(text);
    case 'date':
      return isDay(text) ? value(text) : wrong('Please enter a valid date');
    case 'birthday':
      return birthday(text);
    case 'url':
    case 'imageurl':
      return URL.canParse(text) ? value(text) : wrong('Please enter a valid URL');
    case 'radio':
    case 'dropdown':
      return (options.choices ?? []).includes(text) ? value(text) : wrong('Please choose one of the options');
    case 'zip':
      return ZIP.test(text) ? value(text) : wrong('Please enter a valid zip code');
    case 'address':
      return wrong('Please enter a complete address');
  }
}

const isUsPhone = (text: string): boolean => /^(?:\+?1)?[2-9]\d{9}$/.test(text.replaceAll(/[\s().-]/g, ''));

function isDay(text: string): boolean {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year === undefined) return false;
  const moment = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return moment.getUTCMonth() === Number(month) - 1 && moment.getUTCDate() === Number(day);
}

/** `MM/DD`, where 02/29 is valid. */
function birthday(text: string): Judged {
  const [, month = '', day = ''] = BIRTHDAY.exec(text) ?? [];
  const filled = `${month.padStart(2, '0')}/${day.padStart(2, '0')}`;
  return isDay(`2024-${filled.replace('/', '-')}`)
    ? value(filled)
    : wrong('Please enter a month (01-12) and a day (01-31)');
}

/** An address is replaced as a whole. */
function judgeAddress(sent: unknown, { stateRequiredAbroad }: Settings): Judged {
  if (typeof sent === 'string' && sent.trim() === '') return value('');
  if (typeof sent !== 'object' || sent === null) return wrong('Please enter a complete address');
  const lines = new Map(Object.entries(sent));
  const part = (name: keyof PostalAddress): string => {
    const line: unknown = lines.get(name);
    return typeof line === 'string' || typeof line === 'number' ? String(line).trim() : '';
  };
  const address = {
    addr1: part('addr1'),
    addr2: part('addr2'),
    city: part('city'),
    state: part('state'),
    zip: part('zip'),
    country: part('country') || 'US',
  };
  const { addr1, addr2, city, state, zip, country } = address;
  if ([addr1, addr2, city, state, zip].every((line) => line === '')) return value('');
  const needed = stateRequiredAbroad || country === 'US' ? [addr1, city, state, zip] : [addr1, city, zip];
  return needed.includes('') ? wrong('Please enter a complete address') : value(address);
}

/** A value's type in the words of Mailchimp's schema checks. */
export const kindOf = (sent: unknown): string => {
  if (sent === null) return 'NULL';
  if (Array.isArray(sent)) return 'array';
  return typeof sent === 'number' && Number.isInteger(sent) ? 'integer' : typeof sent;
};
