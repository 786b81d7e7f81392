import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { NamedToken } from '../../settings/named-tokens.ts';
import { auditCaller, auditDetails } from './audit.ts';
import type { LockOut } from './lock-out.ts';
import { callerOf, presentedToken } from './on-demand/bearer.ts';
import { sendProblem } from './problem.ts';

export interface TokenCheck {
  /** All of them are valid. */
  readonly tokens: readonly NamedToken[];
  readonly lockOut: LockOut;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Where the token is. Default: the Authorization header. */
  readonly tokenIn?: (request: FastifyRequest) => string | null;
}

const CALLER = 'caller';

/** The name of the token that a request to a route behind {@link requireToken} has presented. */
export const callerIn = (request: FastifyRequest): string => request.getDecorator<string>(CALLER);

/** Refuses requests without a valid token, and every request of an address that guesses tokens. */
export function requireToken(app: FastifyInstance, check: TokenCheck): void {
  const { tokens, lockOut, log, now, tokenIn = inHeader } = check;
  app.decorateRequest(CALLER, '');

  app.addHook('onRequest', async (request, reply) => {
    const address = request.ip;
    const lockedForMs = lockOut.lockedForMs(address, now());
    if (lockedForMs > 0) return refuseLocked(request, reply, lockedForMs);
    const token = tokenIn(request);
    const caller = token === null ? null : callerOf(token, tokens);
    if (caller === null) {
      if (token !== null && lockOut.failed(address, now()))
        log.warn({ address }, 'an address has presented too many invalid tokens and is locked out');
      auditDetails(request, { reason: token === null ? 'no token' : 'invalid token' });
      return sendProblem(reply.header('www-authenticate', 'Bearer'), 401);
    }
    auditCaller(request, caller);
    request.setDecorator(CALLER, caller);
  });
}

function refuseLocked(request: FastifyRequest, reply: FastifyReply, lockedForMs: number): FastifyReply {
  auditDetails(request, { reason: 'locked out' });
  return sendProblem(reply.header('retry-after', Math.ceil(lockedForMs / 1_000)), 429);
}

const inHeader = ({ headers }: FastifyRequest) => presentedToken(headers.authorization);
