import { isDigest, hashIn, keyedDigest, contentDigest, formOf, type Content } from './content-hash.ts';
import type { KeyPurpose, SecretKey } from './derived-keys.ts';
import {
  isReadable,
  isSafe,
  isSecretHashOf,
  isUnderNewest,
  rehash,
  secretHash,
  type HashOptions,
} from './secret-hash.ts';

/** What became of the hashes that `rekey` looked at. */
export interface RekeyCounts {
  /** Hashed from the value, under the newest key. */
  rekeyed: number;
  /** Hashed again under the newest key, because the value is not known: older keys are still needed to recognise it. */
  rehashed: number;
  /** Under a key that is not listed: left as it is. */
  unreadable: number;
}

export const noCounts = (): RekeyCounts => ({ rekeyed: 0, rehashed: 0, unreadable: 0 });

export interface Rekeying extends HashOptions {
  readonly purpose: KeyPurpose;
  /** Texts that may have been hashed. */
  readonly texts: readonly string[];
  readonly keys: readonly SecretKey[];
  readonly counts: RekeyCounts;
}

/** The hash under the newest key: of its text, if that is among `texts`, or else of the hash itself. */
export function rekeyed(stored: string, { purpose, texts, keys, counts, ...options }: Rekeying): string {
  if (isUnderNewest(stored, keys)) return stored;
  const text = texts.find((one) => isSecretHashOf(stored, { purpose, text: one, keys, ...options }));
  if (text !== undefined) {
    counts.rekeyed += 1;
    return secretHash(purpose, text, keys, options);
  }
  if (!isReadable(stored, keys)) {
    counts.unreadable += 1;
    return stored;
  }
  counts.rehashed += 1;
  return isSafe(stored, keys) ? stored : rehash(stored, purpose, keys, options);
}

/** The same for a content hash, which before it was keyed was the digest itself. */
export function rekeyedContent(
  stored: string,
  content: Content | null,
  { keys, counts }: Pick<Rekeying, 'keys' | 'counts'>,
): string {
  if (isDigest(stored)) {
    counts.rekeyed += 1;
    return keyedDigest(stored, keys);
  }
  const form = formOf(stored);
  const hash = hashIn(stored);
  if (form === null || !hash.includes(':')) {
    counts.unreadable += 1;
    return stored;
  }
  const texts = content === null ? [] : [contentDigest(content, form)];
  return `v${form}:${rekeyed(hash, { purpose: 'content', texts, keys, counts })}`;
}
