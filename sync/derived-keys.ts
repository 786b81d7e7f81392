import { hkdfSync } from 'node:crypto';

/** 32 secret bytes of SYNC_KEY; while several are listed, the newest comes first. They are only derived from. */
export type SecretKey = Uint8Array;

/**
 * What a derived key is for. Two purposes never share a key, so that a value made for one cannot be used, or compared,
 * as a value of another. A purpose is never renamed: what was made for it would not be recognised any more.
 */
export type KeyPurpose =
  /** The name of a key in what was made with it. */
  | 'name'
  /** Fields in the base of a record. */
  | 'base'
  /** Whole contents, in records and histories. */
  | 'content'
  /** Addresses in the suppression list. */
  | 'address'
  /** Fingerprints of rows. */
  | 'identity'
  /** Values that rows share, or that only one row may have. */
  | 'unique'
  /** Values that lost a conflict. */
  | 'seal'
  /** The identifier of a contact at ChatWoot, which a visitor must not be able to guess. */
  | 'chatwoot-identifier';

const BYTES = 32;

/** The key for one purpose, by HKDF-SHA-256 (RFC 5869). It reveals neither `key` nor the keys of other purposes. */
export function deriveKey(key: SecretKey, purpose: KeyPurpose): Uint8Array {
  const derived = DERIVED.get(key) ?? new Map<KeyPurpose, Uint8Array>();
  DERIVED.set(key, derived);
  const known = derived.get(purpose);
  if (known !== undefined) return known;
  const made = new Uint8Array(hkdfSync('sha256', key, 'ems-sync', purpose, BYTES));
  derived.set(purpose, made);
  return made;
}

/** Cached, because a page of rows needs the same few keys many thousand times. */
const DERIVED = new WeakMap<SecretKey, Map<KeyPurpose, Uint8Array>>();
