import { canBeSent, formatPhone, parsePhone } from './phones.ts';
import { codeText, emailText, isSameName, singleSpaced } from './texts.ts';

export type PersonForm = 'line' | 'email' | 'phone' | 'day' | 'gender' | 'code' | 'state';

/** The form of a value at RunSignup. */
interface Form {
  /** @param country of the address. @returns undefined if the value is ambiguous: EMS then keeps its own. */
  readonly read: (text: string, country: string | null) => string | null | undefined;
  /** Left out: unchanged. */
  readonly write?: (value: string) => string;
  /** Whether RunSignup accepts the value; left out: yes. */
  readonly canBeSent?: (value: string) => boolean;
  /** Whether RunSignup's value equals the one sent; left out: exact comparison. */
  readonly isSame?: (sent: string | null, held: string | null) => boolean;
}

/** RunSignup's notation for a missing day. */
const NO_DAY = /^(X{4}-X{2}-X{2}|0{4}-0{2}-0{2})$/;

export const PERSON_FORMS: Readonly<Record<PersonForm, Form>> = {
  line: { read: singleSpaced },
  email: { read: emailText },
  phone: {
    read: (text, country) => (singleSpaced(text) === null ? null : parsePhone(text, country)),
    write: formatPhone,
    canBeSent,
  },
  day: { read: dayOf },
  gender: { read: genderOf },
  code: { read: codeText },
  state: { read: codeText, isSame: isSameName },
};

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
