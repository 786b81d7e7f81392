import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { addChatwootHook, type ChatwootHook } from './chatwoot-hook.ts';
import { addConsentHook, type ConsentHook } from './consent-hook.ts';
import { addHealth } from './health.ts';
import { addOnDemand, type OnDemand } from './on-demand/routes.ts';
import { sendProblem } from './problem.ts';

export interface GatewayParts {
  readonly log: Logger;
  /** Null: ChatWoot's webhooks are not accepted. */
  readonly chatwoot: ChatwootHook | null;
  /** Hooks of targets that are read only for consent. */
  readonly consent: readonly ConsentHook[];
  /** Null: syncs on demand are disabled. */
  readonly onDemand: OnDemand | null;
  /** Names of the required servers that cannot be reached now; empty: ready. */
  readonly unreachable: () => Promise<readonly string[]>;
}

/** ChatWoot's payloads are usually a few kilobytes; a conversation's last message may have 150,000 characters. */
const BODY_LIMIT = 1_000_000;

/** A slower sender is not a webhook: ChatWoot itself gives up after 5 s. */
const REQUEST_TIMEOUT_MS = 10_000;

/** The HTTP gateway. The caller starts listening. */
export function createGateway({ log, chatwoot, consent, onDemand, unreachable }: GatewayParts): FastifyInstance {
  const app = fastify({ bodyLimit: BODY_LIMIT, requestTimeout: REQUEST_TIMEOUT_MS });
  // Signatures cover the raw bytes, so keep the body unparsed for every media type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 404));
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) log.error({ reason: error.code ?? error.name }, 'a request failed');
    return sendProblem(reply, status);
  });
  addHealth(app, unreachable);
  if (chatwoot !== null) addChatwootHook(app, log, chatwoot);
  for (const hook of consent) addConsentHook(app, log, hook);
  if (onDemand !== null) addOnDemand(app, log, onDemand);
  return app;
}
