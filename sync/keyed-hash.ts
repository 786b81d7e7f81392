import { createHash, createHmac } from 'node:crypto';
import canonicalize from 'canonicalize';
import { canonicalForm, type CanonicalValue, type FieldValue } from './canonical-form.ts';
import type { Content } from './content-hash.ts';
import type { SecretKey } from './derived-keys.ts';

export type { SecretKey } from './derived-keys.ts';

/**
 * `<key name>:<HMAC-SHA-256, hexadecimal>`: reveals which values are equal, but cannot be guessed by readers of the
 * database.
 */
export type KeyedHash = `${string}:${string}`;

/** A keyed hash of each field's last known remote value. */
export type Base = Readonly<Record<string, KeyedHash>>;

/**
 * Hash of one value in canonical form, with the newest key. It includes the field's name, so an equal e-mail and name
 * have different hashes.
 *
 * @throws RangeError if there is no key.
 */
export function keyedHash(field: string, value: FieldValue, [key]: readonly SecretKey[]): KeyedHash {
  if (key === undefined) throw new RangeError('no key: set SYNC_KEY to 32 random bytes in base64');
  return hashWith(field, value, key);
}

/** Whether `stored` was made from this value with any of the keys. False if its key is gone. */
export function isHashOf(
  stored: string | undefined,
  field: string,
  value: FieldValue,
  keys: readonly SecretKey[],
): boolean {
  const key = keys.find((candidate) => stored?.startsWith(`${keyName(candidate)}:`));
  return key !== undefined && hashWith(field, value, key) === stored;
}

/** The base of a whole content, including fields without a value, so that a later value counts as a change. */
export function baseOf(content: Content, keys: readonly SecretKey[]): Base {
  return Object.fromEntries(Object.entries(content).map(([field, value]) => [field, keyedHash(field, value, keys)]));
}

function hashWith(field: string, value: FieldValue, key: SecretKey): KeyedHash {
  const text = canonicalize([field, wellFormed(canonicalForm(value))]) ?? '';
  return `${keyName(key)}:${createHmac('sha256', key).update(text).digest('hex')}`;
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

/** Identifies a key without revealing it: 8 hexadecimal digits. */
export function keyName(key: SecretKey): string {
  const known = KEY_NAMES.get(key);
  if (known !== undefined) return known;
  const name = createHash('sha256').update('ems-sync key name').update(key).digest('hex').slice(0, 8);
  KEY_NAMES.set(key, name);
  return name;
}

/** Cached, because a page of rows needs the same few names many thousand times. */
const KEY_NAMES = new WeakMap<SecretKey, string>();

/**
 * `base` updated with the values just read; a field with the same value keeps its hash, so that nothing is rewritten.
 */
export function baseWith(base: Base | null, content: Content, keys: readonly SecretKey[]): Base {
  const read = Object.entries(content).map(([field, value]) => {
    const known = base?.[field];
    return [field, known !== undefined && isHashOf(known, field, value, keys) ? known : keyedHash(field, value, keys)];
  });
  return { ...base, ...Object.fromEntries(read) };
}

/** Whether any field that was read differs from the base; true if there is none. */
export function differsFromBase(base: Base | null, content: Content, keys: readonly SecretKey[]): boolean {
  return base === null || Object.entries(content).some(([field, value]) => !isHashOf(base[field], field, value, keys));
}
