import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problem.ts';

const RETRY_AFTER_SECONDS = 2;

/** Answers 503 when this many requests to the routes of `app` are at work: each may hold a body in memory. */
export function limitRequestsAtWork(app: FastifyInstance, atMost: number): void {
  const atWork = new WeakSet<object>();
  let count = 0;
  app.addHook('onRequest', async (request, reply) => {
    if (count >= atMost) return sendProblem(reply.header('retry-after', RETRY_AFTER_SECONDS), 503);
    count += 1;
    atWork.add(request);
  });
  // Also called when the caller has gone away.
  app.addHook('onResponse', async (request) => {
    if (atWork.delete(request)) count -= 1;
  });
}
