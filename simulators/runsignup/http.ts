import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { VendorAnswer } from '../kit/faulty-api.ts';
import { RunSignupError, errorOfStatus } from './error-codes.ts';
import { isObject, objectOf } from './loose.ts';
import { Parameters } from './parameters.ts';
import { type RunSignup, targetOf } from './runsignup.ts';
import { toXml } from './xml.ts';

/** Sends JSON if `format=json` was given, otherwise XML. */
export function sendAnswer(request: FastifyRequest, reply: FastifyReply, answer: unknown, status = 200): FastifyReply {
  const json = new Parameters(request).text('format') === 'json';
  return reply
    .code(status)
    .header('content-type', json ? 'application/json; charset=utf-8' : 'text/xml; charset=utf-8')
    .send(json ? JSON.stringify(answer) : toXml(answer));
}

/** How RunSignup formats an answer that a knob forces; from status 500 on, the CDN answers. */
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

/** Far above any call of `delete-participants` or page of new participants. */
export const BODY_LIMIT_BYTES = 32 * 1024 * 1024;

/** Parses forms and formats every refusal as RunSignup does: with HTTP 200, unless the mode says otherwise. */
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
  // PHP accepts any other media type; the form is just empty.
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

/** The paths that support at least one method. */
const KNOWN_PATHS =
  /^\/rest\/(races|race|race\/\d+|race\/\d+\/(participants|removed-participants|delete-participants|corrals)|user\/\d+|v2\/corrals\/manage-corrals\.json)$/i;

function sendError(server: RunSignup, request: FastifyRequest, reply: FastifyReply, error: RunSignupError) {
  request.journalEntry.outcome = `error ${error.code}`;
  const withStatus = server.faults.take('http4xx', targetOf(request)) !== undefined;
  return sendAnswer(request, reply, error.body(), withStatus ? error.status : 200);
}

/**
 * The form field `request` as an object.
 * @throws RunSignupError 11 if it is missing, is not a JSON object, or `request_format=json` is missing: then RunSignup
 * expects XML.
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
