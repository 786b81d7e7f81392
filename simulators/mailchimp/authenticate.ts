import type { FastifyReply, FastifyRequest } from 'fastify';
import { REQUEST_BLOCKED, apiKeyInvalid, did } from './http.ts';
import type { Mailchimp } from './mailchimp.ts';
import { Problem, tooManyRequests } from './problem.ts';

const targetOf = (request: FastifyRequest) => ({ method: request.method, path: request.url });

/** Basic with any user name, or Bearer. Throws Problem 401. */
export function authenticate(request: FastifyRequest, key: string): void {
  const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(' ');
  switch (scheme.toLowerCase()) {
    case '':
      throw new Problem(401, 'API Key Missing', 'Your request did not include an API key.');
    case 'basic': {
      const [, ...password] = Buffer.from(value, 'base64').toString('utf8').split(':');
      if (password.join(':') === key) return;
      throw apiKeyInvalid();
    }
    case 'bearer':
      if (value === key) return;
      throw apiKeyInvalid();
    default:
      throw apiKeyInvalid();
  }
}

/**
 * Limits the requests in progress for the whole account; a request above the limit is refused on arrival.
 *
 * @throws Problem 429, without Retry-After
 */
export function limitConnections({ concurrency, settings, faults }: Mailchimp, request: FastifyRequest): void {
  const struck = faults.take('throttle', targetOf(request)) !== undefined;
  if (struck) request.journalEntry.fault = 'throttle';
  if (struck || concurrency.read().current > settings.connections) throw tooManyRequests();
}

/** Refusals at high volume: not JSON, or without a body. */
export function refuseVolume(
  { faults }: Mailchimp,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | undefined {
  const bare = faults.take('bareThrottle', targetOf(request));
  if (bare !== undefined) {
    request.journalEntry.fault = 'bareThrottle';
    did(request, 'bare throttle');
    return reply.code(bare.status).send();
  }
  if (faults.take('blocked', targetOf(request)) === undefined) return undefined;
  request.journalEntry.fault = 'blocked';
  did(request, 'Request Blocked');
  return reply.code(503).header('content-type', 'text/html').send(REQUEST_BLOCKED);
}
