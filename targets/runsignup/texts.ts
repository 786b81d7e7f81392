import { canonicalText, type FieldValue } from '../../sync/canonical-form.ts';

/**
 * NFC, trimmed, single-spaced. Whether RunSignup normalises stored text is not documented, so both sides are compared
 * in this form.
 */
export function singleSpaced(text: string | null | undefined): string | null {
  return canonicalText(text)?.replaceAll(/\s+/gu, ' ') ?? null;
}

/** An e-mail address, whose case RunSignup may change. */
export function emailText(text: string | null | undefined): string | null {
  return singleSpaced(text)?.toLowerCase() ?? null;
}

/** Codes of countries and states: two capitals. */
export function codeText(text: string | null | undefined): string | null {
  const spaced = singleSpaced(text);
  return spaced !== null && /^[a-z]{2}$/i.test(spaced) ? spaced.toUpperCase() : spaced;
}

/** Whether two texts differ only in case: how RunSignup stores the case of a state's name is not documented. */
export const isSameName = (one: string | null, other: string | null): boolean =>
  one?.toLowerCase() === other?.toLowerCase();

/** The value of a field that is always text. */
export function textOf(value: FieldValue): string | null {
  return typeof value === 'string' ? value : null;
}
