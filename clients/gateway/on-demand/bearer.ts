import { createHash, timingSafeEqual } from 'node:crypto';
import type { NamedToken } from '../../../settings/named-tokens.ts';

const BEARER = /^Bearer +([^\s]+)$/i;

/** The token in an Authorization header; null if there is none. */
export function presentedToken(authorization: unknown): string | null {
  return (typeof authorization === 'string' ? BEARER.exec(authorization)?.[1] : undefined) ?? null;
}

/**
 * The one of our tokens that this is; null if it is none. Compares every token in constant time: digests have equal
 * length, and the loop never stops early.
 */
export function tokenOf(token: string, tokens: readonly NamedToken[]): NamedToken | null {
  const digest = createHash('sha256').update(token).digest();
  const [fitting] = tokens.filter((one) => timingSafeEqual(digest, one.digest));
  return fitting ?? null;
}

/** The name of the token; null if it is not one of ours. */
export const callerOf = (token: string, tokens: readonly NamedToken[]): string | null =>
  tokenOf(token, tokens)?.name ?? null;
