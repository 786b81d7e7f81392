import { canBeSent, formatPhone, parsePhone } from './phones.ts';
import { codeText, emailText, isSameName, singleSpaced } from './texts.ts';

export type PersonForm = 'line' | 'email' | 'phone' | 'day' | 'gender' | 'code' | 'state';

/** How a value looks at RunSignup. */
interface Form {
  /** @param country of the address. @returns undefined for what cannot be told for sure: it is left alone. */
  readonly read: (text: string, country: string | null) => string | null | undefined;
  /** Left out: as it is. */
  readonly write?: (value: string) => string;
  /** Whether RunSignup takes it; left out: it does. */
  readonly canBeSent?: (value: string) => boolean;
  /** Whether what RunSignup holds is what was sent; left out: if they are equal. */
  readonly isSame?: (sent: string | null, held: string | null) => boolean;
}

/** RunSignup's way to write that there is no day. */
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
