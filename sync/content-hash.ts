import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { canonicalForm, type FieldValue } from './canonical-form.ts';
import type { SecretKey } from './derived-keys.ts';
import { isSecretHashOf, secretHash } from './secret-hash.ts';

/**
 * `v<version of the canonical form>:<keyed hash of the digest>`. Keyed, because the values of a content can be tried: of
 * a person whose name is known, there are few birth dates.
 */
export type ContentHash = `v${number}:${string}:${string}`;

/** `v<version of the canonical form>:<SHA-256 of the mapped fields, hexadecimal>`. It is never stored. */
export type ContentDigest = `v${number}:${string}`;

/** The mapped fields of one entity, by the target's names. */
export type Content = { readonly [field: string]: FieldValue };

/**
 * All canonical forms that stored hashes may use, newest last. A new form is added here, never edited in place: old
 * hashes stay comparable, so a new release rewrites nothing at the targets.
 */
const CANONICAL_FORMS: ReadonlyMap<number, (content: Content) => unknown> = new Map([[1, canonicalForm]]);

const NEWEST_FORM = Math.max(...CANONICAL_FORMS.keys());

/**
 * Hash of the mapped fields, as it is stored and shown, with the newest key.
 *
 * @throws RangeError if there is no key.
 */
export function contentHash(content: Content, keys: readonly SecretKey[], form: number = NEWEST_FORM): ContentHash {
  return keyedDigest(contentDigest(content, form), keys);
}

/**
 * Digest of the mapped fields in canonical form, serialised by RFC 8785 (sorted keys, one notation for numbers).
 * The same function serves both sides of a comparison.
 */
export function contentDigest(content: Content, form: number = NEWEST_FORM): ContentDigest {
  const canonical = CANONICAL_FORMS.get(form);
  if (canonical === undefined) throw new RangeError(`canonical form v${form} is unknown to this release`);
  const text = canonicalize(canonical(content) ?? {});
  return `v${form}:${createHash('sha256')
    .update(text ?? '')
    .digest('hex')}`;
}

/**
 * True if `stored` was computed from `content`, in the canonical form of its own version, with any of the keys. A hash
 * of an unknown form (after a rollback) counts as different: sending once more is safe, skipping is not. Records from
 * before hashes were keyed hold the digest itself, which is recognised.
 */
export function hasHash(content: Content, stored: string | null, keys: readonly SecretKey[]): boolean {
  const form = formOf(stored);
  if (stored === null || form === null) return false;
  const digest = contentDigest(content, form);
  if (isDigest(stored)) return digest === stored;
  return isSecretHashOf(hashIn(stored), { purpose: 'content', text: digest, keys });
}

/** The hash of a content of which only the digest is known. */
export function keyedDigest(digest: ContentDigest, keys: readonly SecretKey[]): ContentHash {
  return `v${formOf(digest) ?? NEWEST_FORM}:${secretHash('content', digest, keys)}`;
}

/** Whether a stored hash is from before hashes were keyed. */
export const isDigest = (stored: string): stored is ContentDigest => /^v\d+:[0-9a-f]{64}$/.test(stored);

/** The keyed part of a stored hash. */
export const hashIn = (stored: string): string => stored.slice(stored.indexOf(':') + 1);

/** The version of a stored hash's canonical form; null if this release does not know it. */
export function formOf(stored: string | null): number | null {
  const version = /^v([1-9]\d*):/.exec(stored ?? '')?.[1];
  return version !== undefined && CANONICAL_FORMS.has(Number(version)) ? Number(version) : null;
}
