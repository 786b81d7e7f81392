import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problem.ts';

/** Live: the process runs. Ready: it can reach what it needs, so that webhooks may be sent its way. */
export function addHealth(app: FastifyInstance, unreachable: () => Promise<readonly string[]>): void {
  app.get('/health/live', async () => ({ status: 'live' }));
  app.get('/health/ready', async (_request, reply) => {
    const missing = await unreachable();
    return missing.length === 0 ? { status: 'ready' } : sendProblem(reply, 503, { unreachable: missing });
  });
}
