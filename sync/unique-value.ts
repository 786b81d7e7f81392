import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { canonicalForm, type FieldValue } from './canonical-form.ts';
import { keyedHash, type SecretKey } from './keyed-hash.ts';
import { keyName } from './secret-hash.ts';

/** The rows among which a value is compared, for example those of one race; null: all of its type. */
export type Scope = string | null;

/** Used without a key: nothing is read back then, and the values (bibs, codes) are not personal. */
const WITHOUT_KEY = 'plain';

/** The prefix of {@link uniqueHash} with these keys: values with another prefix are recomputed. */
export function uniqueHashPrefix([key]: readonly SecretKey[]): string {
  return key === undefined ? WITHOUT_KEY : keyName(key);
}

/**
 * Hash of a canonical value that decides whether rows share a remote record, or which of them has it. Two rows with
 * equal hashes have the same value, whatever EMS's notation. Null if the row has none.
 */
export function uniqueHash(
  { name, scope }: { readonly name: string; readonly scope: Scope },
  value: FieldValue,
  keys: readonly SecretKey[],
): string | null {
  const form = canonicalForm(value);
  if (form === null) return null;
  if (keys.length > 0) return keyedHash(`unique:${name}`, [scope, form], keys);
  const text = canonicalize([name, scope, typeof form === 'string' ? form.toWellFormed() : form]) ?? '';
  return `${WITHOUT_KEY}:${createHash('sha256').update(text).digest('hex')}`;
}
