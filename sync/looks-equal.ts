import { canonicalForm, type FieldValue } from './canonical-form.ts';

/**
 * Whether a target may treat two different values as equal: databases ignore case, accents or width, and vendors ignore
 * white space. Only called after a target reported the value as taken.
 */
export function looksEqual(one: FieldValue, other: FieldValue): boolean {
  const folded = fold(one);
  return folded !== null && folded === fold(other);
}

function fold(value: FieldValue): string | null {
  const form = canonicalForm(value);
  if (form === null) return null;
  const text = typeof form === 'string' ? form : JSON.stringify(form);
  return text
    .normalize('NFKD')
    .toUpperCase()
    .normalize('NFKD')
    .replaceAll(/[\s\p{M}\p{Default_Ignorable_Code_Point}]/gu, '');
}
