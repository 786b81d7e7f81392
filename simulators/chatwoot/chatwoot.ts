import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import type { Surroundings } from '../kit/surroundings.ts';
import type { chatwootKnobs } from './knobs.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Settings } from './settings.ts';
import type { Store } from './store.ts';
import type { Webhooks } from './webhooks.ts';

/** State that the routes share. */
export interface Chatwoot extends Surroundings<typeof chatwootKnobs> {
  readonly store: Store;
  readonly webhooks: Webhooks;
  readonly account: { readonly id: number; readonly name: string };
  /** Contacts with a browser open on a widget. */
  readonly online: Set<number>;
  /** Ids of messages that were sent to a person over a real channel. */
  readonly sentToCustomers: number[];
  readonly limits: { readonly all: RateLimit; readonly search: RateLimit };
  settings: Settings;
  /** Jobs that run after the answer. */
  readonly background: { later(work: () => void): void; clear(): void };
}

/** Even without load, the commit follows the validation a moment later, and other requests can run in between. */
const COMMIT_MS = 2;

/** Waits between validation and commit. */
export async function untilCommit({ faults }: Chatwoot, request: FastifyRequest | undefined): Promise<void> {
  const slow = request && faults.take('slowCommit', { method: request.method, path: request.url });
  await sleep(slow?.ms ?? COMMIT_MS);
}

/** How many milliseconds this list read lags behind. */
export const lagOf = ({ faults }: Chatwoot, request: FastifyRequest): number =>
  faults.take('readLag', { method: request.method, path: request.url })?.ms ?? 0;
