import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import type { Surroundings } from '../kit/surroundings.ts';
import type { chatwootKnobs } from './knobs.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Settings } from './settings.ts';
import type { Store } from './store.ts';
import type { Webhooks } from './webhooks.ts';

/** What the routes share. */
export interface Chatwoot extends Surroundings<typeof chatwootKnobs> {
  readonly store: Store;
  readonly webhooks: Webhooks;
  readonly account: { readonly id: number; readonly name: string };
  /** Contacts that have a browser open on a widget. */
  readonly online: Set<number>;
  /** Messages that left for a person's real channel, by id. */
  readonly sentToCustomers: number[];
  readonly limits: { readonly all: RateLimit; readonly search: RateLimit };
  settings: Settings;
  /** What ChatWoot does on its own a little later. */
  readonly background: { later(work: () => void): void; clear(): void };
}

/** Even at rest, what was validated is committed a moment later, and others come between. */
const COMMIT_MS = 2;

/** Waits for the moment between validation and commit. */
export async function untilCommit({ faults }: Chatwoot, request: FastifyRequest | undefined): Promise<void> {
  const slow = request && faults.take('slowCommit', { method: request.method, path: request.url });
  await sleep(slow?.ms ?? COMMIT_MS);
}

/** By how many milliseconds this read of a list is behind. */
export const lagOf = ({ faults }: Chatwoot, request: FastifyRequest): number =>
  faults.take('readLag', { method: request.method, path: request.url })?.ms ?? 0;
