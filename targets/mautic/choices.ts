import type { Failure } from './answers.ts';
import { OLDER_NAMES } from './countries.ts';

/** A contact's body, by Mautic's aliases. */
type ContactBody = Readonly<Record<string, unknown>>;

/**
 * Fields that accept only values of Mautic's lists, and how to derive the next form of a value that is not listed; null
 * leaves it out.
 */
const NEXT: Readonly<Record<string, (value: string) => string | null | undefined>> = {
  // `en_PT` → `en`: a language must not park anybody.
  preferred_locale: (value) => (value.includes('_') ? (value.split('_')[0] ?? null) : null),
  // Mautic lists few regions outside large countries.
  state: () => null,
  // Undefined: a country without another name is left to a human.
  country: (value) => OLDER_NAMES[value],
};

/** Fields that may be stored in another form than was sent, or not at all. */
export const LEFT_OUT: readonly string[] = ['state', 'preferred_locale'];

/** Values that this Mautic has refused since the process started are not tried again. */
export class Choices {
  readonly #refused = new Set<string>();

  /** The body in the best form that is not known to be refused. */
  fit(body: ContactBody): ContactBody {
    const fitted = Object.keys(NEXT).flatMap((field) => {
      let value = body[field];
      while (typeof value === 'string' && this.#refused.has(`${field}=${value}`)) {
        const next = NEXT[field]?.(value);
        if (next === undefined) break;
        value = next;
      }
      return value === body[field] ? [] : [[field, value] as const];
    });
    return fitted.length === 0 ? body : { ...body, ...Object.fromEntries(fitted) };
  }

  /** The body in the next form, without what was just refused; null if there is none. */
  after(failures: readonly Failure[], body: ContactBody): ContactBody | null {
    for (const field of Object.keys(NEXT)) {
      const isNamed = failures.some(({ details }) => Object.hasOwn(details ?? {}, field));
      const value = body[field];
      if (isNamed && typeof value === 'string') this.#refused.add(`${field}=${value}`);
    }
    const fitted = this.fit(body);
    return fitted === body ? null : fitted;
  }
}

/** Whether Mautic's name of a country is equivalent to the one sent. */
export const isSameCountry = (sent: unknown, stored: unknown) =>
  sent === stored || (typeof sent === 'string' && OLDER_NAMES[sent] === stored);
