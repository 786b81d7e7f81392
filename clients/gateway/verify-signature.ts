import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a webhook says of itself, as it came in. */
export interface SignedRequest {
  readonly timestamp: unknown;
  readonly signature: unknown;
  /** The bytes that were sent: JSON that was parsed and written again has another signature. */
  readonly body: Uint8Array;
}

export type Verdict =
  /** `signature`: always the same text for the same bytes, however it was written. */
  | { readonly kind: 'genuine'; readonly signature: string }
  | { readonly kind: 'refused'; readonly reason: 'unsigned' | 'out-of-time' | 'wrong-signature' };

/** How far the sender's clock may be from ours, either way. */
export const TOLERANCE_MS = 5 * 60_000;

const SIGNATURE = /^sha256=([0-9a-f]{64})$/i;
const UNIX_SECONDS = /^\d{1,12}$/;

/**
 * Whether a webhook comes from somebody who knows one of the secrets: `sha256=` and the hexadecimal HMAC-SHA256 of its time,
 * a point and its body. Several secrets are valid at once while one is changed for another.
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
  // Every secret is compared, so that the time taken does not tell which one it is.
  const matches = expected.filter((one) => timingSafeEqual(one, given));
  if (matches.length === 0) return { kind: 'refused', reason: 'wrong-signature' };
  return { kind: 'genuine', signature: given.toString('base64') };
}
