import type { FastifyRequest } from 'fastify';
import { RunSignupError } from './error-codes.ts';
import { Parameters } from './parameters.ts';
import { type RunSignup, nowSeconds, targetOf } from './runsignup.ts';
import { todayEastern } from './times.ts';

/** The accepted credentials. */
export interface Credentials {
  readonly key: string;
  readonly secret: string;
  readonly callerRegistration: string;
  readonly callerRegistrationSecret: string;
  /** `YYYY-MM-DD` (Eastern): from this day on callers must be registered. Undefined: never. */
  readonly callerRegistrationFrom: string | undefined;
}

/**
 * Accepts key and secret in the query, or the key in the query and the secret in a header.
 * @throws RunSignupError 6
 */
export function authenticate(server: RunSignup, request: FastifyRequest, accepted: Credentials): void {
  const query = new Parameters(request);
  const header = (name: string): string => String(request.headers[name] ?? '');

  const inQuery = query.text('api_key') === accepted.key && query.text('api_secret') === accepted.secret;
  const inHeader = query.text('rsu_api_key') === accepted.key && header('x-rsu-api-secret') === accepted.secret;
  if (!inQuery && !inHeader) throw new RunSignupError(6);

  if (!mustBeRegistered(server, request, accepted)) return;
  const registered =
    query.text('rsu_api_reg') === accepted.callerRegistration &&
    header('x-rsu-api-reg-secret') === accepted.callerRegistrationSecret;
  if (!registered) throw new RunSignupError(6);
}

function mustBeRegistered(server: RunSignup, request: FastifyRequest, accepted: Credentials): boolean {
  const from = accepted.callerRegistrationFrom;
  if (from !== undefined && todayEastern(nowSeconds(server)) >= from) return true;
  return server.faults.take('requireCallerRegistration', targetOf(request)) !== undefined;
}
