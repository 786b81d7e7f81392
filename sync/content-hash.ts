import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { canonicalForm, type FieldValue } from './canonical-form.ts';

/** `v<version of the canonical form>:<sha-256 of the mapped fields, hexadecimal>`. */
export type ContentHash = `v${number}:${string}`;

/** The mapped fields of one entity, by the target's names. */
export type Content = { readonly [field: string]: FieldValue };

/**
 * All canonical forms that stored hashes may use, newest last. A new form is added here, never edited in place: old
 * hashes stay comparable, so a new release rewrites nothing at the targets.
 */
const CANONICAL_FORMS: ReadonlyMap<number, (content: Content) => unknown> = new Map([[1, canonicalForm]]);

const NEWEST_FORM = Math.max(...CANONICAL_FORMS.keys());

/**
 * Hash of the mapped fields in canonical form, serialised by RFC 8785 (sorted keys, one notation for numbers).
 * The same function serves both sides of a comparison.
 */
export function contentHash(content: Content, form: number = NEWEST_FORM): ContentHash {
  const canonical = CANONICAL_FORMS.get(form);
  if (canonical === undefined) throw new RangeError(`canonical form v${form} is unknown to this release`);
  const text = canonicalize(canonical(content) ?? {});
  return `v${form}:${createHash('sha256')
    .update(text ?? '')
    .digest('hex')}`;
}

/**
 * True if `stored` was computed from `content`, in the canonical form of its own version. A hash of an unknown form
 * (after a rollback) counts as different: sending once more is safe, skipping is not.
 */
export function hasHash(content: Content, stored: string | null): boolean {
  const form = Number(/^v(\d+):/.exec(stored ?? '')?.[1]);
  return CANONICAL_FORMS.has(form) && contentHash(content, form) === stored;
}
