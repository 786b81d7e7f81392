import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { VendorAnswer } from '../kit/faulty-api.ts';
import { Problem, problemOfStatus } from './problem.ts';

export function sendJson(reply: FastifyReply, status: number, value: unknown): FastifyReply {
  return reply.code(status).header('content-type', 'application/json').send(JSON.stringify(value));
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  request.journalEntry.outcome = problem.code;
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  if (problem.status === 429 || problem.status === 503) reply.header('retry-after', '1');
  return reply
    .code(problem.status)
    .header('content-type', 'application/problem+json')
    .send(JSON.stringify(problem.body()));
}

/** How TagServer formats an answer that a knob forces. */
export const vendorAnswer: VendorAnswer = (status, retryAfterSeconds = 1) => ({
  headers: {
    'content-type': 'application/problem+json',
    ...(status === 429 || status === 503 ? { 'retry-after': String(retryAfterSeconds) } : {}),
    ...(status === 429
      ? { ratelimit: `"default";r=0;t=${retryAfterSeconds}`, 'ratelimit-policy': '"default";q=600;w=60' }
      : {}),
  },
  body: problemOfStatus(status).body(),
});

const MAX_BYTES = 5 * 1024 * 1024;

/**
 * Far above the accepted size: an oversized body is read to its end before it is refused, because closing the
 * connection while the sender still writes would often lose the answer.
 */
export const READ_LIMIT_BYTES = 16 * MAX_BYTES;

/** Parses bodies as strict UTF-8 JSON and formats every refusal as a problem. */
export function speakJson(scope: FastifyInstance): void {
  const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'buffer' },
    (_request, body: Buffer, done) => {
      if (body.length > MAX_BYTES) return done(new Problem('batch-too-large', 'The body is longer than 5 MiB.'));
      try {
        return done(null, body.length === 0 ? undefined : JSON.parse(strictUtf8.decode(body)));
      } catch {
        return done(new Problem('invalid-json', 'The body is not JSON in UTF-8.'));
      }
    },
  );
  scope.setErrorHandler((error: FastifyError | Problem, request, reply) =>
    sendProblem(request, reply, error instanceof Problem ? error : problemOfError(error)),
  );
  scope.setNotFoundHandler((request, reply) =>
    sendProblem(request, reply, new Problem('not-found', `The API has no ${request.method} at this path.`)),
  );
}

/** Refuses a missing body and one of another media type. */
export function requireBody(request: FastifyRequest, mediaType: string): unknown {
  const [sent = ''] = (request.headers['content-type'] ?? '').split(';');
  if (sent.trim().toLowerCase() !== mediaType) {
    throw new Problem('invalid-json', `The body must be sent as ${mediaType}.`, { status: 415 });
  }
  if (request.body === undefined) throw new Problem('invalid-json', 'The body is missing.');
  return request.body;
}

function problemOfError(error: FastifyError): Problem {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem('batch-too-large', 'The body is longer than 5 MiB.');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Problem('invalid-json', 'The body must be JSON.', { status: 415 });
    default:
      console.error(error);
      return new Problem('unavailable', 'The simulator failed; its standard error says why.', { status: 500 });
  }
}
