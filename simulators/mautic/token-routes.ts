import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { type Credentials, refuseIfDisabled, refuseOAuth } from './authenticate.ts';
import { answer, bodyOf, did } from './http.ts';
import type { Mautic } from './mautic.ts';
import type { Grant } from './records.ts';

const token = (): string => randomBytes(43).toString('base64url');

/** @param withRefresh true after a human's consent; client_credentials gives no refresh token */
export function issueTokens({ store, clock, settings }: Mautic, withRefresh: boolean): Grant {
  return store.grants.save({
    id: store.grants.nextId(),
    accessToken: token(),
    accessExpiresAt: clock.now() + settings.accessTokenSeconds * 1_000,
    refreshToken: withRefresh ? token() : null,
    refreshExpiresAt: clock.now() + settings.refreshTokenSeconds * 1_000,
  });
}

export const tokenBody = ({ settings }: Mautic, grant: Grant) => ({
  access_token: grant.accessToken,
  expires_in: settings.accessTokenSeconds,
  token_type: 'bearer',
  scope: null,
  ...(grant.refreshToken === null ? {} : { refresh_token: grant.refreshToken }),
});

/** Expires the access tokens that are currently valid. */
export function expireTokens({ store, clock }: Mautic): number {
  const valid = store.grants.all().filter(({ accessExpiresAt }) => accessExpiresAt > clock.now());
  for (const grant of valid) store.grants.save({ ...grant, accessExpiresAt: clock.now() });
  return valid.length;
}

const SECRET = new Set(['client_secret', 'refresh_token', 'password', 'code']);

/** Issues tokens for client_credentials and refresh_token; a refresh token works only once. */
export function addTokenRoutes(scope: FastifyInstance, mautic: Mautic, accepted: Credentials): void {
  // The body contains secrets; keep them out of the journal.
  scope.addHook('preHandler', async (request) => {
    request.journalEntry.body = Object.fromEntries(
      Object.entries(bodyOf(request)).map(([name, value]) => [name, SECRET.has(name) ? 'REDACTED' : value]),
    );
  });

  scope.post('/token', async (request, reply) => {
    refuseIfDisabled(mautic, request);
    const { store, clock } = mautic;
    const body = bodyOf(request);
    const basic = /^basic (.*)$/i.exec(request.headers.authorization ?? '')?.[1];
    const [user, ...rest] = basic === undefined ? [] : Buffer.from(basic, 'base64').toString('utf8').split(':');
    const clientId = body['client_id'] ?? user;
    const clientSecret = body['client_secret'] ?? rest.join(':');
    const refuse = (error: string, description: string) =>
      refuseOAuth(mautic, request, reply, { status: 400, error, description });

    if (clientId !== accepted.clientId || clientSecret !== accepted.clientSecret) {
      return refuse('invalid_client', 'The client credentials are invalid');
    }
    switch (body['grant_type']) {
      case 'client_credentials': {
        did(request, 'token issued');
        return answer(reply, tokenBody(mautic, issueTokens(mautic, false)));
      }
      case 'refresh_token': {
        const sent = body['refresh_token'];
        const [known] = typeof sent === 'string' ? store.grants.by('refresh', sent) : [];
        if (known === undefined) return refuse('invalid_grant', 'Invalid refresh token');
        if (known.refreshExpiresAt <= clock.now()) return refuse('invalid_grant', 'Refresh token has expired');
        store.grants.save({ ...known, refreshToken: null });
        did(request, 'token refreshed');
        return answer(reply, tokenBody(mautic, issueTokens(mautic, true)));
      }
      case undefined:
        return refuse('invalid_request', 'Invalid grant_type parameter or parameter missing');
      default:
        return refuse('unsupported_grant_type', 'Only client_credentials and refresh_token are known here');
    }
  });
}
