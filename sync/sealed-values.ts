import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import canonicalize from 'canonicalize';
import { canonicalForm, type CanonicalValue } from './canonical-form.ts';
import type { Content } from './content-hash.ts';
import { deriveKey, type SecretKey } from './derived-keys.ts';
import { keyName, undividedName } from './secret-hash.ts';

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
  const cipher = createCipheriv('aes-256-gcm', deriveKey(key, 'seal'), iv).setAAD(Buffer.from(of));
  const sealed = Buffer.concat([cipher.update(canonicalize(canonicalForm(values)) ?? 'null', 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.from(keyName(key), 'hex'), iv, cipher.getAuthTag(), sealed]);
}

/** What sealed values belong to; what was sealed before a key was divided by purposes names it by `former`. */
export interface Subject {
  readonly subject: string;
  readonly former: string;
}

/** @throws RangeError if the key is gone, or if the values were tampered with. */
export function unseal(
  sealed: Uint8Array,
  { subject, former }: Subject,
  keys: readonly SecretKey[],
): Record<string, CanonicalValue> {
  const bytes = Buffer.from(sealed);
  const name = sealedWith(sealed);
  const newer = keys.find((candidate) => keyName(candidate) === name);
  const older = keys.find((candidate) => undividedName(candidate) === name);
  const secret = newer === undefined ? older : deriveKey(newer, 'seal');
  if (secret === undefined) {
    throw new RangeError(`the key ${name} is not among those of SYNC_KEY: add it as an older one`);
  }
  const ivEnd = NAME_BYTES + IV_BYTES;
  try {
    const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(NAME_BYTES, ivEnd))
      .setAAD(Buffer.from(newer === undefined ? former : subject))
      .setAuthTag(bytes.subarray(ivEnd, ivEnd + TAG_BYTES));
    const text = Buffer.concat([decipher.update(bytes.subarray(ivEnd + TAG_BYTES)), decipher.final()]).toString('utf8');
    return (JSON.parse(text) ?? {}) as Record<string, CanonicalValue>;
  } catch (error) {
    throw new RangeError('the values are not what was sealed, or belong to another conflict', { cause: error });
  }
}

/** The name of the key that values were sealed with. */
export const sealedWith = (sealed: Uint8Array): string => Buffer.from(sealed).subarray(0, NAME_BYTES).toString('hex');
