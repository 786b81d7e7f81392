import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { BoundedLog } from './bounded-log.ts';

/** What the audit line of a call says beside its route, outcome and address. */
interface Audited {
  /** The name of a token, or the target that signed; null: a stranger. */
  who: string | null;
  about: Readonly<Record<string, unknown>>;
}

const KEY = 'audited';

/** Names the caller, once it has proved who it is. */
export function auditCaller(request: FastifyRequest, who: string): void {
  request.getDecorator<Audited>(KEY).who = who;
}

/** Adds what the call is about. Without values that a stranger has chosen. */
export function auditDetails(request: FastifyRequest, about: Readonly<Record<string, unknown>>): void {
  const audited = request.getDecorator<Audited>(KEY);
  audited.about = { ...audited.about, ...about };
}

/**
 * Logs a line for each call to the routes of `app`: who, what, outcome and address. Of strangers only so many a minute.
 * The route's pattern is logged, never its URL, which may contain a secret.
 */
export function auditCalls(app: FastifyInstance, log: Logger, strangers: BoundedLog): void {
  app.decorateRequest(KEY);
  // First, so that it exists for whatever ends the request.
  app.addHook('onRequest', async (request) => {
    request.setDecorator<Audited>(KEY, { who: null, about: {} });
  });
  app.addHook('onResponse', async (request, reply) => {
    const { who, about } = request.getDecorator<Audited>(KEY);
    const { method, ip: address } = request;
    const what = `${method} ${request.routeOptions.url ?? ''}`;
    const outcome = reply.statusCode;
    const line = { audit: true, who, what, outcome, address, ...about };
    if (who === null) strangers.warn(`${what} ${outcome}`, line, 'a call of a stranger');
    else log.info(line, 'a call');
  });
}
