import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { VendorAnswer } from '../kit/faulty-api.ts';
import { type Mautic, versionOf } from './mautic.ts';
import { type PhpQuery, phpEncode, phpQuery } from './php.ts';
import { Refusal, badRequest, errorOf, serverError } from './refusal.ts';

const JSON_TYPE = 'application/json';

/** How Mautic, or the web server before it, formats an answer that a knob forces. */
export const vendorAnswer: VendorAnswer = (status, retryAfterSeconds) => {
  const retry: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  if (status >= 502 && status <= 504) {
    return {
      headers: { 'content-type': 'text/html', ...retry },
      body: `<html><head><title>${status}</title></head><body><center>nginx</center></body></html>`,
    };
  }
  const message = status === 429 ? rateExceeded(500) : 'Asked for by a knob of the simulator';
  const refusal =
    status === 404 ? new Refusal(404, 'Item was not found.') : status === 500 ? serverError('') : undefined;
  return {
    headers: { 'content-type': JSON_TYPE, ...retry },
    body: phpEncode({ errors: [errorOf(refusal ?? new Refusal(status, message))] }),
  };
};

export const rateExceeded = (limit: number): string => `You exceeded the rate limit of ${limit} API calls per hour.`;

/** Parses JSON and forms as PHP does, adds the version to every answer, and formats every refusal as Mautic does. */
export function speakLikeMautic(scope: FastifyInstance, mautic: Mautic): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(JSON_TYPE, { parseAs: 'string' }, (_request, body, done) => {
    try {
      return done(null, body === '' ? undefined : JSON.parse(String(body)));
    } catch {
      return done(badRequest('Invalid json message received'));
    }
  });
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, phpQuery(String(body))),
  );
  // Any other media type counts as an empty body.
  scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, _body, done) => done(null));

  scope.addHook('onRequest', async (_request, reply) => {
    reply.header('mautic-version', versionOf(mautic));
  });
  scope.setErrorHandler((error: FastifyError | Refusal | z.ZodError, request, reply) => {
    const refusal = refusalOf(error);
    request.journalEntry.outcome = refusal.reason ?? refusal.message;
    if (refusal.status === 401 || refusal.status === 500) reply.removeHeader('mautic-version');
    return answer(reply.code(refusal.status), { errors: [errorOf(refusal)] });
  });
  scope.setNotFoundHandler((request, reply) => {
    const refusal = new Refusal(404, `No route found for "${request.method} ${request.url.split('?')[0] ?? ''}"`);
    return answer(reply.code(404).removeHeader('mautic-version'), { errors: [errorOf(refusal)] });
  });
}

function refusalOf(error: Error): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof z.ZodError) return serverError(z.prettifyError(error));
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  // Log errors of the simulator itself, because the answer shows only the vendor's words.
  if (status === 500) console.error(error);
  return status === 500 ? serverError(error.message) : new Refusal(status, error.message);
}

/** JSON as PHP encodes it, with arrays in their own order. */
export const answer = (reply: FastifyReply, body: unknown): FastifyReply =>
  reply.header('content-type', JSON_TYPE).send(phpEncode(body));

/** The number in the path as PHP reads it: leading digits, otherwise 0, which no record has. */
export const idOf = (request: FastifyRequest, name = 'id'): number => Number.parseInt(paramOf(request, name), 10) || 0;

export const paramOf = (request: FastifyRequest, name: string): string =>
  z.record(z.string(), z.string()).parse(request.params)[name] ?? '';

export const queryOf = (request: FastifyRequest): PhpQuery => phpQuery(request.url.split('?').slice(1).join('?'));

/** A text parameter of the query; undefined if it is missing or an array. */
export const textOf = (query: PhpQuery, name: string): string | undefined => {
  const value = query[name];
  return typeof value === 'string' ? value : undefined;
};

/** The body, or an empty object if the body is missing or not an object. A list is keyed by its indexes, as in PHP. */
export const bodyOf = (request: FastifyRequest): Readonly<Record<string, unknown>> =>
  z
    .record(z.string(), z.unknown())
    .catch({})
    .parse(Array.isArray(request.body) ? Object.fromEntries(request.body.entries()) : request.body);

/** Records in the journal what a write did. */
export const did = (request: FastifyRequest, outcome: string): void => {
  request.journalEntry.outcome = outcome;
};
