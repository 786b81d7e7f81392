import type { Content } from '../../sync/content-hash.ts';
import type { RemoteRecord } from '../inbound-source.ts';
import type { User } from './answers.ts';
import { parsePhone } from './phones.ts';
import { codeText, emailText, singleSpaced } from './texts.ts';

/** RunSignup's way to write that there is none. */
const NO_DAY = /^(X{4}-X{2}-X{2}|0{4}-0{2}-0{2})$/;

/** What a user holds of an EMS person. What this key may not see, or what cannot be told for sure, is left out. */
export function personContent(user: User): Content {
  if (isWithheld(user)) return {};
  const { address } = user;
  const country = codeText(address?.country_code);
  return known({
    firstName: given(user.first_name, singleSpaced),
    lastName: given(user.last_name, singleSpaced),
    email: given(user.email, emailText),
    phone: given(user.phone, (phone) => (singleSpaced(phone) === null ? null : parsePhone(phone, country))),
    dateOfBirth: given(user.dob, dayOf),
    gender: given(user.gender, genderOf),
    street: address === null ? null : given(address?.street, singleSpaced),
    city: address === null ? null : given(address?.city, singleSpaced),
    state: address === null ? null : given(address?.state, codeText),
    zipcode: address === null ? null : given(address?.zipcode, singleSpaced),
    country: address === null ? null : given(address?.country_code, codeText),
  });
}

/** A user has no modified time of its own. */
export function personRecord(user: User): RemoteRecord {
  return {
    type: 'Person',
    remoteId: user.user_id,
    emsKey: null,
    modifiedOn: null,
    content: personContent(user),
    complete: true,
    references: {},
    related: [],
    messages: null,
    removed: false,
    successor: null,
  };
}

/** RunSignup takes nobody without a name: nulls throughout mean that this key may not see them. */
const isWithheld = ({ first_name, last_name, email }: User): boolean =>
  [first_name, last_name, email].every((value) => value === null || value === undefined);

/** Missing stays missing, null is empty. */
function given<T>(value: string | null | undefined, read: (value: string) => T): T | null | undefined {
  return value === null || value === undefined ? value : read(value);
}

function dayOf(text: string): string | null | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || NO_DAY.test(trimmed)) return null;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(trimmed)) return undefined;
  try {
    return Temporal.PlainDate.from(trimmed, { overflow: 'reject' }).toString();
  } catch {
    return undefined;
  }
}

function genderOf(text: string): string | null | undefined {
  const gender = singleSpaced(text);
  return gender === null || ['F', 'M', 'X'].includes(gender) ? gender : undefined;
}

function known(fields: Readonly<Record<string, string | null | undefined>>): Content {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
