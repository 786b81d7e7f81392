import { createHash, createHmac } from 'node:crypto';
import { deriveKey, type KeyPurpose, type SecretKey } from './derived-keys.ts';

/**
 * `<key name>:<HMAC-SHA-256, hexadecimal>`: reveals which values are equal, but cannot be guessed by readers of the
 * database. `<new key>/<old key>:<HMAC>` is a hash under the old key that was hashed again under the new one
 * ({@link rehash}): both keys are needed to recognise or guess its value.
 */
export type SecretHash = `${string}:${string}`;

export interface HashOptions {
  /** How many hexadecimal digits are kept. */
  readonly digits?: number;
}

const ALL_DIGITS = 64;

/**
 * Hash of a text under the newest key.
 *
 * @throws RangeError if there is no key.
 */
export function secretHash(
  purpose: KeyPurpose,
  text: string,
  keys: readonly SecretKey[],
  { digits = ALL_DIGITS }: HashOptions = {},
): SecretHash {
  const key = newest(keys);
  return `${keyName(key)}:${hmac(secretOf(key, purpose), text, digits)}`;
}

/** Whether `stored` is a hash of this text. False if one of its keys is gone. */
export function isSecretHashOf(
  stored: string | null | undefined,
  {
    purpose,
    text,
    keys,
    digits = ALL_DIGITS,
  }: HashOptions & {
    readonly purpose: KeyPurpose;
    readonly text: string;
    readonly keys: readonly SecretKey[];
  },
): boolean {
  if (stored == null || !stored.includes(':')) return false;
  let hash: string | null = null;
  let names: string | null = null;
  // The innermost hash was made first.
  for (const name of namesOf(stored).split('/').toReversed()) {
    const secret = secretNamed(name, purpose, keys);
    if (secret === null) return false;
    names = names === null ? name : `${name}/${names}`;
    hash = `${names}:${hmac(secret, hash ?? text, digits)}`;
  }
  return hash === stored;
}

/**
 * Hashes a hash again under the newest key, because its value is not known any more. The old key then no longer
 * suffices to guess the value, but is still needed to recognise it.
 */
export function rehash(
  stored: string,
  purpose: KeyPurpose,
  keys: readonly SecretKey[],
  { digits = ALL_DIGITS }: HashOptions = {},
): SecretHash {
  const key = newest(keys);
  return `${keyName(key)}/${namesOf(stored)}:${hmac(secretOf(key, purpose), stored, digits)}`;
}

/**
 * Every hash that {@link secretHash} and {@link rehash} can have made of this text, with any of the keys in turn.
 *
 * @param options.undivided whether also those from before a key was divided by purposes.
 */
export function secretHashes(
  purpose: KeyPurpose,
  text: string,
  keys: readonly SecretKey[],
  { undivided }: { readonly undivided: boolean },
): readonly SecretHash[] {
  return keys.flatMap((key, place) => {
    const former = (): SecretHash => `${undividedName(key)}:${hmac(key, text, ALL_DIGITS)}`;
    let hashes: SecretHash[] = [
      secretHash(purpose, text, [key]),
      ...(undivided ? withAndWithout([former()], purpose, key) : []),
    ];
    for (const newer of keys.slice(0, place).toReversed()) hashes = withAndWithout(hashes, purpose, newer);
    return hashes;
  });
}

function withAndWithout(hashes: readonly SecretHash[], purpose: KeyPurpose, key: SecretKey): SecretHash[] {
  return [...hashes, ...hashes.map((hash) => rehash(hash, purpose, [key]))];
}

/** Whether the value was hashed under the newest key, and under no other. */
export const isUnderNewest = (stored: string, keys: readonly SecretKey[]): boolean =>
  namesOf(stored) === keyName(newest(keys));

/** Whether an older key, too, is needed to recognise it. */
export const isRehashed = (stored: string): boolean => namesOf(stored).includes('/');

/** Whether the newest key was the last that it was hashed under: without that key, nothing can be guessed. */
export const isSafe = (stored: string, keys: readonly SecretKey[]): boolean =>
  namesOf(stored).split('/')[0] === keyName(newest(keys));

/** Whether all keys that it was hashed under are still there. */
export const isReadable = (stored: string, keys: readonly SecretKey[]): boolean =>
  namesOf(stored)
    .split('/')
    .every((name) => keys.some((key) => keyName(key) === name || undividedName(key) === name));

const namesOf = (stored: string): string => stored.slice(0, stored.indexOf(':'));

const hmac = (secret: Uint8Array, text: string, digits: number): string => digestOf(secret, text).slice(0, digits);

function digestOf(secret: Uint8Array, text: string): string {
  const digest = () => createHmac('sha256', secret).update(text).digest('hex');
  const isRemembering = REMEMBERING.has(secret);
  if (!isRemembering && !isOfNoValue(text)) return digest();
  const known = DIGESTS.get(secret) ?? new Map<string, string>();
  DIGESTS.set(secret, known);
  const hash = known.get(text) ?? digest();
  if (known.size < (isRemembering ? MOST_REMEMBERED : MOST_DIGESTS)) known.set(text, hash);
  return hash;
}

/**
 * The same keys, with which no text is hashed twice: of a page's rows, each address is looked up several times, and many fields
 * have the same few values. What was hashed is forgotten together with these keys, so they are for one page only.
 */
export function rememberingKeys(keys: readonly SecretKey[]): readonly SecretKey[] {
  return keys.map((key) => {
    const own = new Uint8Array(key);
    REMEMBERING.add(own);
    return own;
  });
}

function secretOf(key: SecretKey, purpose: KeyPurpose): Uint8Array {
  const secret = deriveKey(key, purpose);
  if (REMEMBERING.has(key)) REMEMBERING.add(secret);
  return secret;
}

/** Keys, and what is derived from them. */
const REMEMBERING = new WeakSet<Uint8Array>();

/** More than a page of the largest bulk call has. */
const MOST_REMEMBERED = 20_000;

/** A field without a value, in canonical form: nobody's data, and half of what is hashed of a row. */
const isOfNoValue = (text: string): boolean => text.length < 100 && text.endsWith('",null]');

/** Of fields without a value: there are as many as fields. */
const DIGESTS = new WeakMap<Uint8Array, Map<string, string>>();
const MOST_DIGESTS = 1_000;

/** Null if none of the keys has this name. */
function secretNamed(name: string, purpose: KeyPurpose, keys: readonly SecretKey[]): Uint8Array | null {
  for (const key of keys) {
    if (keyName(key) === name) return secretOf(key, purpose);
    if (undividedName(key) === name) return key;
  }
  return null;
}

/** @throws RangeError if there is no key. */
function newest([key]: readonly SecretKey[]): SecretKey {
  if (key === undefined) throw new RangeError('no key: set SYNC_KEY to 32 random bytes in base64');
  return key;
}

/** Identifies a key without revealing it: 8 hexadecimal digits. */
export function keyName(key: SecretKey): string {
  const known = NAMES.get(key);
  if (known !== undefined) return known;
  const name = Buffer.from(deriveKey(key, 'name')).toString('hex').slice(0, 8);
  NAMES.set(key, name);
  return name;
}

/** The same for what was made before a key was divided by purposes: with the key itself. It is only recognised. */
export function undividedName(key: SecretKey): string {
  const known = UNDIVIDED_NAMES.get(key);
  if (known !== undefined) return known;
  const name = createHash('sha256').update('ems-sync key name').update(key).digest('hex').slice(0, 8);
  UNDIVIDED_NAMES.set(key, name);
  return name;
}

/** Cached, because a page of rows needs the same few names many thousand times. */
const NAMES = new WeakMap<SecretKey, string>();
const UNDIVIDED_NAMES = new WeakMap<SecretKey, string>();
