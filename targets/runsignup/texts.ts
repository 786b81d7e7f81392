import { canonicalText, type FieldValue } from '../../sync/canonical-form.ts';

/** NFC, trimmed, single-spaced: whether RunSignup does so to what it stores is not known, so both sides are compared so. */
export function singleSpaced(text: string | null | undefined): string | null {
  return canonicalText(text)?.replaceAll(/\s+/gu, ' ') ?? null;
}

/** An e-mail address, which RunSignup may keep in any case. */
export function emailText(text: string | null | undefined): string | null {
  return singleSpaced(text)?.toLowerCase() ?? null;
}

/** Codes of countries and of their states: two capitals. */
export function codeText(text: string | null | undefined): string | null {
  const spaced = singleSpaced(text);
  return spaced !== null && /^[a-z]{2}$/i.test(spaced) ? spaced.toUpperCase() : spaced;
}

/** Whether two texts differ in their capitals alone: in which RunSignup keeps the name of a state is not known. */
export const isSameName = (one: string | null, other: string | null): boolean =>
  one?.toLowerCase() === other?.toLowerCase();

/** A field's value where it can only be text. */
export function textOf(value: FieldValue): string | null {
  return typeof value === 'string' ? value : null;
}
