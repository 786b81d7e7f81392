import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { limitRequestsAtWork } from './at-work.ts';
import { auditCalls } from './audit.ts';
import { BoundedLog } from './bounded-log.ts';
import { addChatwootHook, type ChatwootHook } from './chatwoot-hook.ts';
import { addCodecEndpoint, type CodecEndpoint } from './codec-endpoint.ts';
import { addConsentHook, type ConsentHook } from './consent-hook.ts';
import { addHealth } from './health.ts';
import { LockOut } from './lock-out.ts';
import { addOnDemand, type OnDemand } from './on-demand/routes.ts';
import { allow, collectRoutes } from './other-methods.ts';
import { sendProblem } from './problem.ts';
import { callsPerMinute } from './rate-limits.ts';
import { addStatusPage, type StatusPage } from './status-page/routes.ts';

export interface GatewayParts {
  readonly log: Logger;
  /** Null: ChatWoot's webhooks are not accepted. */
  readonly chatwoot: ChatwootHook | null;
  /** Hooks of targets that are read only for consent. */
  readonly consent: readonly ConsentHook[];
  /** Null: syncs on demand are disabled. */
  readonly onDemand: OnDemand | null;
  /** Null or left out: there is no status page. */
  readonly statusPage?: StatusPage | null;
  /** Null or left out: the Web UI cannot have payloads decoded here. */
  readonly codec?: CodecEndpoint | null;
  /** Names of the required servers that cannot be reached now; empty: ready. */
  readonly unreachable: () => Promise<readonly string[]>;
  /** Addresses and networks whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** For each address. */
  readonly webhooksPerMinute?: number;
  /** Milliseconds since 1970, for lock-outs and bounded logs. */
  readonly now?: () => number;
}

/** ChatWoot's payloads are usually a few kilobytes; a conversation's last message may have 150,000 characters. */
const BODY_LIMIT = 1_000_000;

/** A slower sender is not a webhook: ChatWoot itself gives up after 5 s. */
const REQUEST_TIMEOUT_MS = 10_000;

/** Their bodies are read before the signature can be verified: at most 100 MB. */
const WEBHOOKS_AT_WORK = 100;

/** Many of them wait for outcomes. Their bodies are read after the token. */
const CALLS_AT_WORK = 500;

/** Far above what a target sends: after a mass edit ChatWoot sends some tens a second. */
const WEBHOOKS_PER_MINUTE = 12_000;

/** The longest part of a path: a secret of MailChimp's webhook. */
const PATH_PART_AT_MOST = 200;

/** The HTTP gateway. The caller starts listening. */
export function createGateway(parts: GatewayParts): FastifyInstance {
  const { log, chatwoot, consent, onDemand, unreachable, trustedProxies, now = Date.now } = parts;
  const { webhooksPerMinute = WEBHOOKS_PER_MINUTE } = parts;
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: trustedProxies === undefined ? false : [...trustedProxies],
    routerOptions: { maxParamLength: PATH_PART_AT_MOST },
    // Fastify would quote the URL, which may contain a secret.
    frameworkErrors: (_error, _request, reply) => void sendProblem(reply, 400),
  });
  // Signatures cover the raw bytes, so keep the body unparsed for every media type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const methodsOf = collectRoutes(app);
  app.setNotFoundHandler((request, reply) => {
    const methods = methodsOf(request);
    if (methods.length === 0) return sendProblem(reply, 404);
    allow(reply, methods);
    return sendProblem(reply, 405);
  });
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) log.error({ reason: error.code ?? error.name }, 'a request failed');
    return sendProblem(reply, status);
  });
  addHealth(app, unreachable);
  const strangers = new BoundedLog(log, now);
  app.addHook('onClose', async () => strangers.flush());
  void app.register(rateLimit, { global: false });
  void app.register(async (hooks) => {
    auditCalls(hooks, log, strangers);
    limitRequestsAtWork(hooks, WEBHOOKS_AT_WORK);
    hooks.addHook('onRequest', hooks.rateLimit(callsPerMinute(webhooksPerMinute)));
    if (chatwoot !== null) addChatwootHook(hooks, log, chatwoot);
    for (const hook of consent) addConsentHook(hooks, log, hook);
  });
  const before = (calls: FastifyInstance) => {
    auditCalls(calls, log, strangers);
    limitRequestsAtWork(calls, CALLS_AT_WORK);
  };
  const protection = { log, lockOut: new LockOut(), now, before };
  if (onDemand !== null) void app.register(async (calls) => addOnDemand(calls, onDemand, protection));
  const { codec = null, statusPage = null } = parts;
  if (statusPage !== null) void app.register(async (pages) => addStatusPage(pages, statusPage, protection));
  if (codec !== null) void app.register(async (calls) => addCodecEndpoint(calls, codec, protection));
  return app;
}
