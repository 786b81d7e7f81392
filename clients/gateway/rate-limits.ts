import type { FastifyRequest } from 'fastify';
import type { RateLimitOptions } from '@fastify/rate-limit';

/**
 * At most so many calls a minute of whom `keyOf` names; more are answered 429 with Retry-After. By default of an
 * address, IPv6 by its /64 network. A gateway counts for itself.
 */
export function callsPerMinute(max: number, keyOf?: (request: FastifyRequest) => string): RateLimitOptions {
  return { max, timeWindow: 60_000, ...(keyOf === undefined ? {} : { keyGenerator: keyOf }) };
}
