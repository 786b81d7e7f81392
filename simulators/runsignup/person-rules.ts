import type { Assumptions } from './assumptions.ts';
import { RunSignupError } from './error-codes.ts';
import { isObject, looseInt, looseText } from './loose.ts';
import { type Address, type User, emptyAddress } from './records.ts';
import { ageOn, isDate } from './times.ts';

type Entry = Readonly<Record<string, unknown>>;
type Rules = Pick<Assumptions, 'trimTexts' | 'lowerCaseEmails' | 'refuseForeignPhones' | 'flatPersonalDataAre'>;

/** Properties of the person, not of the registration. */
const PERSONAL = [
  'first_name',
  'middle_name',
  'last_name',
  'email',
  'dob',
  'age',
  'gender',
  'phone',
  'address',
] as const;

/** Personal data are inside `user`, except the age. @throws RunSignupError 11 if `user` is not an object. */
export function personalData(entry: Entry, { flatPersonalDataAre }: Rules): Entry {
  const { user, age } = entry;
  if (user !== undefined && !isObject(user)) throw new RunSignupError(11);
  return { ...(flatPersonalDataAre === 'taken' ? entry : {}), ...(age === undefined ? {} : { age }), ...user };
}

export const isPersonal = (entry: Entry): boolean => PERSONAL.some((name) => entry[name] !== undefined);

const US_STATES =
  'AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY AS GU MP PR VI AA AE AP';
const CA_PROVINCES = 'AB BC MB NB NL NS NT NU ON PE QC SK YT';

/** Two-letter state codes by country. */
const states: Readonly<Record<string, ReadonlySet<string>>> = {
  US: new Set(US_STATES.split(' ')),
  CA: new Set(CA_PROVINCES.split(' ')),
};

const countries = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/**
 * Applies a participant entry to a user: absent values are kept, null clears. An account holder's e-mail is silently
 * kept.
 * @throws RunSignupError 104 to 120 and 123
 */
export function applyPersonal(user: User, entry: Entry, rules: Rules): User {
  return {
    ...user,
    firstName: nameOf(entry['first_name'], user.firstName, rules, { required: 104, invalid: 105 }),
    middleName: kept(looseText(entry['middle_name'], 105, rules.trimTexts), user.middleName),
    lastName: nameOf(entry['last_name'], user.lastName, rules, { required: 106, invalid: 107 }),
    email: user.account ? user.email : emailOf(entry['email'], user.email, rules),
    dob: dobOf(entry['dob'], user.dob),
    gender: genderOf(entry['gender'], user.gender),
    phone: phoneOf(entry['phone'], user.phone, rules),
    address: addressOf(entry['address'], user.address, rules),
  };
}

/** The age that was sent. @throws RunSignupError 118 for an impossible age, 119 if it contradicts the date of birth. */
export function ageOf(entry: Entry, user: User, day: string, before: number | null): number | null {
  const age = kept(looseInt(entry['age'], 118), before);
  if (age !== null && age > 120) throw new RunSignupError(118);
  const sent = entry['age'] !== undefined && age !== null;
  if (sent && user.dob !== null && ageOn(user.dob, day) !== age) throw new RunSignupError(119);
  return age;
}

const kept = <Value>(sent: Value | null | undefined, before: Value | null): Value | null =>
  sent === undefined ? before : sent;

function nameOf(sent: unknown, before: string | null, rules: Rules, codes: { required: number; invalid: number }) {
  if (sent === undefined) return before;
  const name = looseText(sent, codes.invalid, rules.trimTexts) ?? null;
  if (name === null || name.trim() === '') throw new RunSignupError(codes.required);
  if (name.length > 64 || /[<>\p{Cc}]/u.test(name)) throw new RunSignupError(codes.invalid);
  return name;
}

function emailOf(sent: unknown, before: string | null, rules: Rules): string | null {
  if (sent === undefined) return before;
  const text = looseText(sent, 108, rules.trimTexts) ?? null;
  if (text === null) return null;
  if (!/^[^\s@,;<>"]+@[^\s@,;<>"]+\.[A-Za-z]{2,}$/.test(text)) throw new RunSignupError(108);
  return rules.lowerCaseEmails ? text.toLowerCase() : text;
}

function dobOf(sent: unknown, before: string | null): string | null {
  const text = sent === 'XXXX-XX-XX' ? null : kept(looseText(sent, 117, true), before);
  if (text !== null && !isDate(text)) throw new RunSignupError(117);
  return text;
}

function genderOf(sent: unknown, before: User['gender']): User['gender'] {
  if (sent === undefined) return before;
  if (sent === null || sent === '') return null;
  if (sent === 'M' || sent === 'F' || sent === 'X') return sent;
  throw new RunSignupError(114);
}

/** US numbers are stored in the vendor's format, `856-850-1510`. @throws RunSignupError 120 */
function phoneOf(sent: unknown, before: string | null, rules: Rules): string | null {
  if (sent === undefined) return before;
  const text = looseText(sent, 120, true) ?? null;
  if (text === null) return null;
  const digits = text.replaceAll(/[\s().-]/g, '');
  const us = /^(?:\+?1)?([2-9]\d{2})([2-9]\d{2})(\d{4})$/.exec(digits);
  if (us !== null) return `${us[1]}-${us[2]}-${us[3]}`;
  if (rules.refuseForeignPhones || !/^\+?\d{4,20}$/.test(digits)) throw new RunSignupError(120);
  return text;
}

/** Applies each part separately: absent ones are kept, null clears. A null address clears all parts. */
export function addressOf(sent: unknown, before: Address, { trimTexts }: Pick<Rules, 'trimTexts'>): Address {
  if (sent === undefined) return before;
  if (sent === null) return emptyAddress;
  if (!isObject(sent)) throw new RunSignupError(3);
  const part = (name: keyof Address, code: number): string | null =>
    kept(looseText(sent[name], code, trimTexts), before[name]);

  const country = part('country_code', 112)?.toUpperCase() ?? null;
  if (country !== null && (!/^[A-Z]{2}$/.test(country) || countries.of(country) === undefined)) {
    throw new RunSignupError(112);
  }
  const street = part('street', 109);
  if ((street?.length ?? 0) > 512) throw new RunSignupError(109);
  const city = part('city', 110);
  if ((city?.length ?? 0) > 128) throw new RunSignupError(110);
  if (city !== null && !/^[\p{L}\p{M}\s.,'’()/-]+$/u.test(city)) throw new RunSignupError(123);

  const state = part('state', 111)?.toUpperCase() ?? null;
  const known = states[country ?? 'US'];
  if (state !== null && known?.has(state) === false) throw new RunSignupError(111);
  const zipcode = part('zipcode', 113);
  const zipForm = { US: /^\d{5}(-\d{4})?$/, CA: /^[A-Z]\d[A-Z] ?\d[A-Z]\d$/i }[country ?? 'US'];
  if (zipcode !== null && zipForm?.test(zipcode) === false) throw new RunSignupError(113);
  return { street, city, state, zipcode, country_code: country };
}
