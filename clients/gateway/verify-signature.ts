import { createHmac, timingSafeEqual } from 'node:crypto';

/** A webhook's signature data, as received. */
export interface SignedRequest {
  readonly timestamp: unknown;
  readonly signature: unknown;
  /** The raw bytes: parsing and re-serialising JSON would change the signature. */
  readonly body: Uint8Array;
}

export type Verdict =
  /** `signature`: normalised, the same text for the same bytes. */
  | { readonly kind: 'genuine'; readonly signature: string }
  | { readonly kind: 'refused'; readonly reason: 'unsigned' | 'out-of-time' | 'wrong-signature' };

/** Allowed difference between the sender's clock and ours, in either direction. */
export const TOLERANCE_MS = 5 * 60_000;

/** A sender's clock may be ahead by the tolerance, and its signature is valid for as long again after that. */
export const SIGNATURE_VALID_FOR_MS = 2 * TOLERANCE_MS;

const SIGNATURE = /^sha256=([0-9a-f]{64})$/i;
const UNIX_SECONDS = /^\d{1,12}$/;

/**
 * Verifies that a webhook was signed with one of the secrets: `sha256=` and the hexadecimal HMAC-SHA256 of its
 * timestamp, a dot and its body. Several secrets are valid at once during a rotation.
 */
export function verifySignature(
  { timestamp, signature, body }: SignedRequest,
  secrets: readonly string[],
  nowMs: number,
): Verdict {
  if (typeof timestamp !== 'string' || typeof signature !== 'string') return { kind: 'refused', reason: 'unsigned' };
  const [, hex] = SIGNATURE.exec(signature) ?? [];
  if (hex === undefined || !UNIX_SECONDS.test(timestamp)) return { kind: 'refused', reason: 'unsigned' };
  if (Math.abs(nowMs - Number(timestamp) * 1_000) > TOLERANCE_MS) return { kind: 'refused', reason: 'out-of-time' };
  const given = Buffer.from(hex, 'hex');
  const expected = secrets.map((secret) => createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest());
  // Compare every secret, so that the time does not reveal which one matched.
  const matches = expected.filter((one) => timingSafeEqual(one, given));
  if (matches.length === 0) return { kind: 'refused', reason: 'wrong-signature' };
  return { kind: 'genuine', signature: given.toString('base64') };
}
