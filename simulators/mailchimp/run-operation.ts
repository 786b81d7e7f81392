import { type FastifyInstance, type FastifyServerOptions, fastify } from 'fastify';
import { Journal } from '../kit/journal.ts';
import { speakLikeMailchimp } from './http.ts';
import type { BatchOperation, BatchResult } from './records.ts';

/**
 * Runs operations of asynchronous batches over the same routes, inside: they are no requests, so no knob strikes them,
 * no journal has them, and they take no connection.
 */
export function createOperations(
  limits: FastifyServerOptions,
  addRoutes: (scope: FastifyInstance) => void,
): {
  run(operation: BatchOperation): Promise<BatchResult>;
  close(): Promise<void>;
} {
  const journal = new Journal();
  const app = fastify(limits);
  speakLikeMailchimp(app);
  app.addHook('onRequest', async (request) => {
    journal.clear();
    request.journalEntry = journal.begin({ at: '', method: request.method, path: request.url, headers: {} });
  });
  // Later, when whoever calls this is complete.
  app.register(async (scope) => addRoutes(scope));
  return {
    async run({ method, path, params, body, operationId }) {
      const answer = await app.inject({
        method,
        url: path,
        query: { ...params },
        ...(body === '' ? {} : { payload: body, headers: { 'content-type': 'application/json' } }),
      });
      return { status_code: answer.statusCode, operation_id: operationId, response: answer.body };
    },
    close: () => app.close(),
  };
}
