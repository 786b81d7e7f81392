import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import type { Surroundings } from '../kit/surroundings.ts';
import type { mauticKnobs } from './knobs.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Settings } from './settings.ts';
import type { Store } from './store.ts';
import type { Totals } from './totals.ts';
import type { Webhooks } from './webhooks.ts';

/** What the routes share. */
export interface Mautic extends Surroundings<typeof mauticKnobs> {
  readonly store: Store;
  readonly webhooks: Webhooks;
  readonly limit: RateLimit;
  readonly totals: Totals;
  settings: Settings;
}

/** Even at rest, what was looked up is inserted a moment later, and others come between. */
const COMMIT_MS = 2;

/** Waits for the moment between look-up and insertion. */
export async function untilCommit({ faults }: Mautic, request: FastifyRequest | undefined): Promise<void> {
  const slow = request && faults.take('slowCommit', { method: request.method, path: request.url });
  await sleep(slow?.ms ?? COMMIT_MS);
}

/** By how many milliseconds this read of a list is behind. */
export const lagOf = ({ faults }: Mautic, request: FastifyRequest): number =>
  faults.take('readLag', { method: request.method, path: request.url })?.ms ?? 0;

/** As `Mautic-Version` says it. */
export const versionOf = ({ settings }: Mautic): string => (settings.version === '4' ? '4.4.10' : '5.1.1');
