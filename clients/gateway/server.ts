import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { addChatwootHook, type ChatwootHook } from './chatwoot-hook.ts';
import { addConsentHook, type ConsentHook } from './consent-hook.ts';
import { addHealth } from './health.ts';
import { addOnDemand, type OnDemand } from './on-demand/routes.ts';
import { sendProblem } from './problem.ts';

export interface GatewayParts {
  readonly log: Logger;
  /** Null: ChatWoot's webhooks are not taken. */
  readonly chatwoot: ChatwootHook | null;
  /** Of targets that are read for consent alone. */
  readonly consent: readonly ConsentHook[];
  /** Null: nobody may ask for runs. */
  readonly onDemand: OnDemand | null;
  /** What the gateway needs and cannot reach now, by name; none: it is ready. */
  readonly unreachable: () => Promise<readonly string[]>;
}

/** ChatWoot's own payloads are a few kilobytes; a conversation's last message may have 150,000 characters. */
const BODY_LIMIT = 1_000_000;

/** Whoever sends this slowly is no webhook: ChatWoot itself gives up after 5 s. */
const REQUEST_TIMEOUT_MS = 10_000;

/** The HTTP gateway, not listening yet. */
export function createGateway({ log, chatwoot, consent, onDemand, unreachable }: GatewayParts): FastifyInstance {
  const app = fastify({ bodyLimit: BODY_LIMIT, requestTimeout: REQUEST_TIMEOUT_MS });
  // Signatures are over the bytes that were sent, whatever they are called.
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
