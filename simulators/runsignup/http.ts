import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { VendorAnswer } from '../kit/faulty-api.ts';
import { RunSignupError, errorOfStatus } from './error-codes.ts';
import { isObject, objectOf } from './loose.ts';
import { Parameters } from './parameters.ts';
import { type RunSignup, targetOf } from './runsignup.ts';
import { toXml } from './xml.ts';

/** Sends it as JSON if `format=json` was asked for, and as XML if it was forgotten. */
export function sendAnswer(request: FastifyRequest, reply: FastifyReply, answer: unknown, status = 200): FastifyReply {
  const json = new Parameters(request).text('format') === 'json';
  return reply
    .code(status)
    .header('content-type', json ? 'application/json; charset=utf-8' : 'text/xml; charset=utf-8')
    .send(json ? JSON.stringify(answer) : toXml(answer));
}

/** How RunSignup words an answer that a knob asked for: from 500 on it is the CDN that speaks. */
export const vendorAnswer: VendorAnswer = (status, retryAfterSeconds) => ({
  headers: {
    'content-type': status >= 500 ? 'text/html; charset=utf-8' : 'application/json; charset=utf-8',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  },
  body:
    status >= 500
      ? `<!DOCTYPE html><html><head><title>Error ${status}</title></head><body><h1>Error ${status}</h1></body></html>`
      : JSON.stringify(errorOfStatus(status).body()),
});

/** A call of `delete-participants` or a page of participants to add is far below it. */
export const BODY_LIMIT_BYTES = 32 * 1024 * 1024;

/** Reads forms, words every refusal as RunSignup does: inside HTTP 200, unless the mode says otherwise. */
export function speakForms(scope: FastifyInstance, server: RunSignup): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    ['application/x-www-form-urlencoded', 'multipart/form-data'],
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      const headers = { 'content-type': String(request.headers['content-type']) };
      const form = await new Response(new Uint8Array(body), { headers }).formData().catch(() => new FormData());
      const fields = [...form].map(([name, value]) => [name, name === 'request' ? parsed(value) : value] as const);
      return Object.fromEntries(fields);
    },
  );
  // Another media type is no fault of transport to PHP: the form is just empty.
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null, {}));

  scope.setErrorHandler((error: FastifyError | RunSignupError, request, reply) =>
    sendError(server, request, reply, error instanceof RunSignupError ? error : errorOf(error)),
  );
  scope.setNotFoundHandler((request, reply) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const known = KNOWN_PATHS.test(pathname);
    return sendError(server, request, reply, new RunSignupError(known ? 2 : 1));
  });
}

/** The paths that have some method. */
const KNOWN_PATHS =
  /^\/rest\/(races|race|race\/\d+|race\/\d+\/(participants|removed-participants|delete-participants|corrals)|user\/\d+|v2\/corrals\/manage-corrals\.json)$/i;

function sendError(server: RunSignup, request: FastifyRequest, reply: FastifyReply, error: RunSignupError) {
  request.journalEntry.outcome = `error ${error.code}`;
  const withStatus = server.faults.take('http4xx', targetOf(request)) !== undefined;
  return sendAnswer(request, reply, error.body(), withStatus ? error.status : 200);
}

/**
 * The form field `request` as an object.
 * @throws RunSignupError 11 if it is missing, is no JSON object, or `request_format=json` was forgotten: XML is expected then.
 */
export function requestObject(request: FastifyRequest): Readonly<Record<string, unknown>> {
  const form = request.body;
  if (new Parameters(request).text('request_format') !== 'json' || !isObject(form)) throw new RunSignupError(11);
  return objectOf(form['request']);
}

/** A field of the form beside `request`. */
export function formField(request: FastifyRequest, name: string): string | undefined {
  const value = isObject(request.body) ? request.body[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function parsed(text: string | File): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : null;
  } catch {
    return text;
  }
}

function errorOf(error: FastifyError): RunSignupError {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new RunSignupError(11);
  console.error(error);
  return new RunSignupError(4);
}
