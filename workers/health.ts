import fastify from 'fastify';
import type { Logger } from 'pino';
import { addHealth } from '../clients/gateway/health.ts';
import { unreachable, type Reached } from '../clients/gateway/reachability.ts';
import { SettingsError } from '../settings/settings-error.ts';
import { PollWatch, type Polling } from './poll-watch.ts';

export interface Health {
  /** Called when the workers run; until then the program is live, but not ready. */
  watch(workers: readonly Polling[], reached: Reached): void;
  close(): Promise<void>;
}

/**
 * Serves `/health/live` and `/health/ready` on all interfaces, for Docker or Kubernetes.
 *
 * @param port the setting HEALTH_PORT; undefined: nothing is served.
 * @throws SettingsError if the port is in use.
 */
export async function startHealth(port: number | undefined, log: Logger): Promise<Health> {
  if (port === undefined) return { watch() {}, close: async () => {} };
  let watched: { readonly polls: PollWatch; readonly reached: Reached } | null = null;
  const app = fastify();
  addHealth(
    app,
    async () => (watched === null ? ['workers'] : [...watched.polls.idle(), ...(await unreachable(watched.reached))]),
    () => watched?.polls.stuck() ?? [],
  );
  try {
    log.info({ address: await app.listen({ host: '0.0.0.0', port }) }, 'health is served');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new SettingsError([`HEALTH_PORT ${port} is taken by another program: set another one`]);
  }
  return {
    watch(workers, reached) {
      watched = { polls: new PollWatch(workers), reached };
    },
    close: async () => app.close(),
  };
}
