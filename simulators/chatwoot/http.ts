import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { VendorAnswer } from '../kit/faulty-api.ts';
import { formParams } from './form.ts';
import { Refusal, notFound, serverError } from './refusal.ts';

/** One request above the limit: answered in plain text, without Retry-After. */
export class Throttled extends Error {}

const RETRY_LATER = 'Retry later\n';
const PLAIN = { 'content-type': 'text/plain' };
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

/** How ChatWoot, rack-attack or the proxy before it formats an answer that a knob forces. */
export const vendorAnswer: VendorAnswer = (status, retryAfterSeconds) => {
  const retry: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  if (status === 429) return { headers: { ...PLAIN, ...retry }, body: RETRY_LATER };
  if (status >= 502 && status <= 504) {
    return {
      headers: { 'content-type': 'text/html', ...retry },
      body: `<html><head><title>${status}</title></head><body><center>nginx</center></body></html>`,
    };
  }
  return { headers: { ...JSON_TYPE, ...retry }, body: bodyOf(status) };
};

const bodyOf = (status: number): Readonly<Record<string, unknown>> => {
  if (status === 401) return { error: 'Invalid Access Token' };
  if (status === 404) return notFound().body;
  if (status === 422) return { message: 'Asked for by a knob of the simulator', attributes: ['base'] };
  return { status, error: 'Asked for by a knob of the simulator' };
};

/** Parses JSON as Rails does and formats every refusal as ChatWoot does. */
export function speakLikeRails(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      return done(null, body === '' ? undefined : JSON.parse(String(body)));
    } catch {
      return done(new Refusal(400, { status: 400, error: 'Bad Request' }));
    }
  });
  scope.addContentTypeParser(
    ['multipart/form-data', 'application/x-www-form-urlencoded'],
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      try {
        return await formParams(body, String(request.headers['content-type']));
      } catch {
        throw new Refusal(400, { status: 400, error: 'Bad Request' });
      }
    },
  );
  // Any other media type counts as an empty body.
  scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, _body, done) => done(null));

  scope.setErrorHandler((error: FastifyError | Refusal | Throttled | z.ZodError, request, reply) => {
    if (error instanceof Throttled) {
      request.journalEntry.outcome = 'throttled';
      return reply.code(429).headers(PLAIN).send(RETRY_LATER);
    }
    const refusal = refusalOf(error);
    request.journalEntry.outcome = String(refusal.body['message'] ?? refusal.body['error']);
    return reply.code(refusal.status).headers(JSON_TYPE).send(refusal.body);
  });
  scope.setNotFoundHandler((_request, reply) => reply.code(404).send({ status: 404, error: 'Not Found' }));
}

function refusalOf(error: Error): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof z.ZodError) return serverError();
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
  // Log errors of the simulator itself, because the answer shows only the vendor's words.
  if (status === 500) console.error(error);
  return status === 500 ? serverError() : new Refusal(status, { status, error: error.message });
}

/** The id in the path as Rails reads it: leading digits, otherwise 0, which no record has. */
export const idOf = (request: FastifyRequest, name = 'id'): number => {
  const params = z.record(z.string(), z.string()).parse(request.params);
  return Number.parseInt(params[name] ?? '', 10) || 0;
};

const query = z.record(z.string(), z.union([z.string(), z.array(z.string()).transform((all) => all.at(-1) ?? '')]));

export const queryOf = (request: FastifyRequest): Readonly<Record<string, string | undefined>> =>
  query.catch({}).parse(request.query);

/** The body, or an empty object if the body is missing or not an object. */
export const bodyAs = <Output>(request: FastifyRequest, schema: z.ZodType<Output>): Output =>
  schema.parse(typeof request.body === 'object' && request.body !== null ? request.body : {});

/** 200 without a body. */
export const sendNothing = (reply: FastifyReply): FastifyReply => reply.code(200).send();

/** Records in the journal what a write did. */
export const did = (request: FastifyRequest, outcome: string): void => {
  request.journalEntry.outcome = outcome;
};
