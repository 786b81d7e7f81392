import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import type { Surroundings } from '../kit/surroundings.ts';
import type { mauticKnobs } from './knobs.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Settings } from './settings.ts';
import type { Store } from './store.ts';
import type { Totals } from './totals.ts';
import type { Webhooks } from './webhooks.ts';

/** State that the routes share. */
export interface Mautic extends Surroundings<typeof mauticKnobs> {
  readonly store: Store;
  readonly webhooks: Webhooks;
  readonly limit: RateLimit;
  readonly totals: Totals;
  settings: Settings;
}

/** Even without load, the insertion follows the lookup a moment later, and other requests can run in between. */
const COMMIT_MS = 2;

/** Waits between lookup and insertion. */
export async function untilCommit({ faults }: Mautic, request: FastifyRequest | undefined): Promise<void> {
  const slow = request && faults.take('slowCommit', { method: request.method, path: request.url });
  await sleep(slow?.ms ?? COMMIT_MS);
}

/** How many milliseconds this list read lags behind. */
export const lagOf = ({ faults }: Mautic, request: FastifyRequest): number =>
  faults.take('readLag', { method: request.method, path: request.url })?.ms ?? 0;

/** The value of `Mautic-Version`. */
export const versionOf = ({ settings }: Mautic): string => (settings.version === '4' ? '4.4.10' : '5.1.1');
