import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problem.ts';

/**
 * Live: the program does its work, or waits for what it needs; another start would not help. Ready: it can reach that.
 *
 * @param unreachable what it cannot reach now, by name.
 * @param stuck its parts that have stopped working, by name: only a new start helps.
 */
export function addHealth(
  app: FastifyInstance,
  unreachable: () => Promise<readonly string[]>,
  stuck: () => readonly string[] = () => [],
): void {
  app.get('/health/live', async (_request, reply) => {
    const broken = stuck();
    return broken.length === 0 ? { status: 'live' } : sendProblem(reply, 503, { stuck: broken });
  });
  app.get('/health/ready', async (_request, reply) => {
    const missing = await unreachable();
    return missing.length === 0 ? { status: 'ready' } : sendProblem(reply, 503, { unreachable: missing });
  });
}
