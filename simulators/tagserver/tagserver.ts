import type { FastifyRequest } from 'fastify';
import type { Surroundings } from '../kit/surroundings.ts';
import { CommitGate } from './commit-gate.ts';
import type { tagServerKnobs } from './knobs.ts';
import type { Nudges } from './nudges.ts';
import type { Store } from './store.ts';

/** State that the routes share. */
export interface TagServer extends Surroundings<typeof tagServerKnobs> {
  readonly store: Store;
  readonly gate: CommitGate;
  readonly nudges: Nudges;
  /** The token's client. */
  readonly clientId: string;
}

/** Commits a write to these rows (`type/id`), delayed as the knob says. */
export async function commit<Result>(
  server: TagServer,
  request: FastifyRequest,
  rows: readonly string[],
  work: () => Result,
): Promise<Result> {
  const slow = server.faults.take('slowCommit', { method: request.method, path: request.url });
  return server.gate.run(rows, slow?.ms ?? 0, work);
}
