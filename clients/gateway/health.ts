import type { FastifyInstance } from 'fastify';
import { sendProblem } from './problem.ts';

/** However many probes arrive, also from strangers, PostgreSQL and Temporal are checked at most once a second. */
const KEPT_MS = 1_000;

/**
 * Liveness: the program works, or waits for a server; a restart would not help. Readiness: it can reach its servers.
 *
 * @param unreachable names of the servers that it cannot reach now.
 * @param stuck names of parts that have stopped working; only a restart helps.
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
  const looked = keptFor(KEPT_MS, unreachable);
  app.get('/health/ready', async (_request, reply) => {
    const missing = await looked();
    return missing.length === 0 ? { status: 'ready' } : sendProblem(reply, 503, { unreachable: missing });
  });
}

/** Calls `look` at most once per `ms` and shares its answer. Calls that arrive while it runs get the same answer. */
function keptFor<T>(ms: number, look: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  let until = 0;
  return async () => {
    const now = performance.now();
    if (kept === undefined || now >= until) {
      kept = look();
      until = now + ms;
    }
    return kept;
  };
}
