import type { Person } from '../database/entities/index.ts';
import type { Addresses } from '../sync/address-hash.ts';
import { e164 } from './contact-fields.ts';

/**
 * A person's addresses in the form in which targets get them. A number that is no phone number stays as it is: somebody
 * may have refused or erased it.
 */
export const personAddresses = ({ email, phone, country }: Pick<Person, 'email' | 'phone' | 'country'>): Addresses => ({
  email,
  ...phoneAddress(phone, country),
});

/** One number. @param country ISO 3166-1 alpha-2, for a number without a country code. */
export const phoneAddress = (phone: string | null, country: string | null) => ({
  sms: e164(phone, country) ?? phone,
  written: phone,
});
