import { isSupportedCountry, parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/max';
import { withoutTrunkZero } from '../contact-fields.ts';

/** A ten-digit North American number, in RunSignup's form or without dashes. */
const NORTH_AMERICAN = /^\(?([2-9]\d{2})\)?[-. ]?([2-9]\d{2})[-. ]?(\d{4})$/;

const NORTH_AMERICAN_COUNTRIES = ['US', 'CA'];

/**
 * Converts a number as RunSignup shows it to E.164. RunSignup shows no country code (`856-850-1510`), so the address
 * decides.
 *
 * @param country ISO 3166-1 alpha-2 of the address; null counts as the United States.
 * @returns undefined if the number is ambiguous: EMS then keeps its own.
 */
export function parsePhone(text: string, country: string | null): string | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith('+')) return international(trimmed);
  const digits = NORTH_AMERICAN.exec(trimmed)?.slice(1).join('');
  const american = digits === undefined ? undefined : `+1${digits}`;
  if (country === null || NORTH_AMERICAN_COUNTRIES.includes(country)) return american;
  const local = isSupportedCountry(country) ? international(trimmed, country) : undefined;
  return american !== undefined && local !== undefined && american !== local ? undefined : (local ?? american);
}

/** EMS's number in E.164; a text that is not a number is kept, and never sent. */
export function phoneOfEms(text: string, country: string | null): string {
  const trimmed = text.trim();
  const number = country !== null && isSupportedCountry(country) ? international(trimmed, country) : undefined;
  return international(trimmed) ?? number ?? trimmed;
}

/** RunSignup's number format is North American; whether it accepts others is not documented. */
export function canBeSent(phone: string): boolean {
  return /^\+1[2-9]\d{2}[2-9]\d{6}$/.test(phone);
}

/** `+18568501510` → `856-850-1510`. */
export function formatPhone(phone: string): string {
  return `${phone.slice(2, 5)}-${phone.slice(5, 8)}-${phone.slice(8)}`;
}

function international(text: string, country?: CountryCode): string | undefined {
  return numberIn(text, country) ?? numberIn(withoutTrunkZero(text), country);
}

function numberIn(text: string, country?: CountryCode): string | undefined {
  const parsed = parsePhoneNumberFromString(text, country === undefined ? {} : { defaultCountry: country });
  // Country code 1 is RunSignup's home: its numbers are judged by their form, as RunSignup does.
  if (parsed === undefined || parsed.ext !== undefined) return undefined;
  return parsed.isValid() || canBeSent(parsed.number) ? parsed.number : undefined;
}
