import { STATUS_CODES } from 'node:http';
import type { FastifyReply } from 'fastify';

/** Ends a request with a problem (RFC 9457) that contains only the status, because the caller is not authenticated. */
export function sendProblem(reply: FastifyReply, status: number, extra: Readonly<Record<string, unknown>> = {}) {
  return reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, ...extra }));
}
