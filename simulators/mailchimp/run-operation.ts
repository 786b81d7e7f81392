import { type FastifyInstance, type FastifyServerOptions, fastify } from 'fastify';
import { Journal } from '../kit/journal.ts';
import { speakLikeMailchimp } from './http.ts';
import type { BatchOperation, BatchResult } from './records.ts';

/**
 * Runs the operations of asynchronous batches over the same routes internally. They are not requests: no knob applies
 * to them, the journal does not record them, and they use no connection.
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
  // Registered later, when the caller's setup is complete.
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
