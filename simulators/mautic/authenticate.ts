import type { FastifyReply, FastifyRequest } from 'fastify';
import { answer, rateExceeded } from './http.ts';
import type { Mautic } from './mautic.ts';
import { Refusal } from './refusal.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

const targetOf = (request: FastifyRequest) => ({ method: request.method, path: request.url });

/** A failure of OAuth: Mautic wraps it in `errors`, unless the knob `rawOAuthErrors` is set. */
export function refuseOAuth(
  { faults }: Mautic,
  request: FastifyRequest,
  reply: FastifyReply,
  { status, error, description }: { readonly status: number; readonly error: string; readonly description: string },
): FastifyReply {
  request.journalEntry.outcome = description;
  reply.code(status);
  if (status === 401) {
    reply.header('www-authenticate', `Bearer realm="Service", error="${error}", error_description="${description}"`);
  }
  if (faults.take('rawOAuthErrors', targetOf(request)) !== undefined) {
    return answer(reply, { error, error_description: description });
  }
  return answer(reply, { errors: [{ message: description, code: status, type: error }] });
}

/** The API, tokens included, is disabled by default. Throws Refusal 403. */
export function refuseIfDisabled({ faults }: Mautic, request: FastifyRequest): void {
  if (faults.take('apiDisabled', targetOf(request)) === undefined) return;
  throw new Refusal(403, 'API disabled. You need to enable the API in the API settings of your Mautic configuration.', {
    type: 'api_disabled',
  });
}

/**
 * Basic or Bearer. Sends the answer itself if OAuth refuses.
 *
 * @throws Refusal 401 or 403
 */
export function authenticate(
  mautic: Mautic,
  request: FastifyRequest,
  reply: FastifyReply,
  accepted: Credentials,
): FastifyReply | undefined {
  const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(' ');
  if (scheme.toLowerCase() === 'basic') {
    if (mautic.faults.take('basicDisabled', targetOf(request)) !== undefined) {
      throw new Refusal(403, 'Basic authentication is disabled. Enable HTTP basic auth in the API settings.', {
        type: 'access_denied',
      });
    }
    const [username, ...password] = Buffer.from(value, 'base64').toString('utf8').split(':');
    if (username === accepted.username && password.join(':') === accepted.password) return undefined;
    throw new Refusal(401, 'The username or password is invalid.', { type: 'access_denied' });
  }
  const refuse = (error: string, description: string): FastifyReply =>
    refuseOAuth(mautic, request, reply, { status: 401, error, description });
  if (scheme.toLowerCase() !== 'bearer') return refuse('access_denied', 'OAuth2 authentication required');
  const [grant] = mautic.store.grants.by('access', value);
  if (grant === undefined) return refuse('invalid_grant', 'The access token provided is invalid.');
  if (grant.accessExpiresAt <= mautic.clock.now()) {
    return refuse('invalid_grant', 'The access token provided has expired.');
  }
  return undefined;
}

/** Counts the call if a limit is set. Throws Refusal 429 when the hour's calls are used up. */
export function limitRate({ faults, limit }: Mautic, request: FastifyRequest, reply: FastifyReply): void {
  const rule = faults.take('rateLimit', targetOf(request));
  if (rule === undefined) return;
  const { allowed, remaining, resetAt } = limit.count(rule.limit);
  reply.headers({
    'x-ratelimit-limit': String(rule.limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(resetAt),
  });
  if (allowed) return;
  request.journalEntry.fault = 'rateLimit';
  throw new Refusal(429, rateExceeded(rule.limit));
}
