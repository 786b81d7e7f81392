import canonicalize from 'canonicalize';
import { canonicalForm, type CanonicalValue, type FieldValue } from './canonical-form.ts';
import type { Content } from './content-hash.ts';
import type { KeyPurpose, SecretKey } from './derived-keys.ts';
import {
  isRehashed,
  isSecretHashOf,
  secretHash,
  secretHashes,
  type HashOptions,
  type SecretHash,
} from './secret-hash.ts';

export type { SecretKey } from './derived-keys.ts';

/** A hash of one value of a field. */
export type KeyedHash = SecretHash;

/** A keyed hash of each field's last known remote value. */
export type Base = Readonly<Record<string, KeyedHash>>;

/** What is hashed beside the fields of a base, by the beginning of its name. */
const PURPOSES: readonly (readonly [beginning: string, purpose: KeyPurpose])[] = [
  ['address:', 'address'],
  ['unique:', 'unique'],
  ['identity of ', 'identity'],
];

/** The purpose of the key for a field. An address has the same hash in a base as in the suppression list. */
export const purposeOf = (field: string): KeyPurpose =>
  PURPOSES.find(([beginning]) => field.startsWith(beginning))?.[1] ?? 'base';

/**
 * Hash of one value in canonical form, with the newest key. It includes the field's name, so an equal e-mail and name
 * have different hashes.
 *
 * @throws RangeError if there is no key.
 */
export function keyedHash(
  field: string,
  value: FieldValue,
  keys: readonly SecretKey[],
  options: HashOptions = {},
): KeyedHash {
  return secretHash(purposeOf(field), textOf(field, value), keys, options);
}

/** Every hash of this value that may be stored, whichever of the keys was the newest then. */
export function keyedHashes(
  field: string,
  value: FieldValue,
  keys: readonly SecretKey[],
  options: { readonly undivided: boolean },
): readonly KeyedHash[] {
  return secretHashes(purposeOf(field), textOf(field, value), keys, options);
}

/** Whether `stored` was made from this value with any of the keys. False if its key is gone. */
export function isHashOf(
  stored: string | undefined,
  field: string,
  value: FieldValue,
  keys: readonly SecretKey[],
): boolean {
  if (stored === undefined) return false;
  return isSecretHashOf(stored, { purpose: purposeOf(field), text: textOf(field, value), keys });
}

/** The base of a whole content, including fields without a value, so that a later value counts as a change. */
export function baseOf(content: Content, keys: readonly SecretKey[]): Base {
  return Object.fromEntries(Object.entries(content).map(([field, value]) => [field, keyedHash(field, value, keys)]));
}

/** What is hashed of a value. */
export function textOf(field: string, value: FieldValue): string {
  const form = wellFormed(canonicalForm(value));
  // Canonical JSON writes these like JavaScript, and most fields of a row are such.
  if (form === null || typeof form !== 'object') return JSON.stringify([field, form]);
  return canonicalize([field, form]) ?? '';
}

/**
 * A lone surrogate, which canonical JSON rejects, is hashed as the replacement character, because a remote may return
 * any text.
 */
function wellFormed(value: CanonicalValue): CanonicalValue {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name.toWellFormed(), wellFormed(part)]));
}

/**
 * `base` updated with the values just read; a field with the same value keeps its hash, so that nothing is rewritten,
 * unless the hash needs an older key, too.
 */
export function baseWith(base: Base | null, content: Content, keys: readonly SecretKey[]): Base {
  const read = Object.entries(content).map(([field, value]) => {
    const known = base?.[field];
    const keeps = known !== undefined && !isRehashed(known) && isHashOf(known, field, value, keys);
    return [field, keeps ? known : keyedHash(field, value, keys)];
  });
  return { ...base, ...Object.fromEntries(read) };
}

/** Whether any field that was read differs from the base; true if there is none. */
export function differsFromBase(base: Base | null, content: Content, keys: readonly SecretKey[]): boolean {
  return base === null || Object.entries(content).some(([field, value]) => !isHashOf(base[field], field, value, keys));
}
