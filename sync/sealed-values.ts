import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import canonicalize from 'canonicalize';
import { canonicalForm, type CanonicalValue } from './canonical-form.ts';
import type { Content } from './content-hash.ts';
import { keyName, type SecretKey } from './keyed-hash.ts';

const NAME_BYTES = 4;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts values that lost a conflict (AES-256-GCM with the newest key): key name, nonce, tag, ciphertext.
 *
 * @param of what they belong to; the same value is needed to decrypt them, so that one row's values cannot be used for
 * another.
 * @throws RangeError if there is no key.
 */
export function seal(values: Content, of: string, [key]: readonly SecretKey[]): Buffer {
  if (key === undefined) throw new RangeError('no key: set SYNC_KEY to 32 random bytes in base64');
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(of));
  const sealed = Buffer.concat([cipher.update(canonicalize(canonicalForm(values)) ?? 'null', 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.from(keyName(key), 'hex'), iv, cipher.getAuthTag(), sealed]);
}

/** @throws RangeError if the key is gone, or if the values were tampered with. */
export function unseal(sealed: Uint8Array, of: string, keys: readonly SecretKey[]): Record<string, CanonicalValue> {
  const bytes = Buffer.from(sealed);
  const name = bytes.subarray(0, NAME_BYTES).toString('hex');
  const key = keys.find((candidate) => keyName(candidate) === name);
  if (key === undefined) throw new RangeError(`the key ${name} is not among those of SYNC_KEY: add it as an older one`);
  const ivEnd = NAME_BYTES + IV_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(NAME_BYTES, ivEnd))
    .setAAD(Buffer.from(of))
    .setAuthTag(bytes.subarray(ivEnd, ivEnd + TAG_BYTES));
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(ivEnd + TAG_BYTES)), decipher.final()]).toString('utf8');
    return (JSON.parse(text) ?? {}) as Record<string, CanonicalValue>;
  } catch (error) {
    throw new RangeError('the values are not what was sealed, or belong to another row', { cause: error });
  }
}
