import type { FastifyRequest } from 'fastify';
import type { Surroundings } from '../kit/surroundings.ts';
import type { Assumptions } from './assumptions.ts';
import type { runSignupKnobs } from './knobs.ts';
import type { AsOf, Store } from './store.ts';

/** State that the routes share. */
export interface RunSignup extends Surroundings<typeof runSignupKnobs> {
  readonly store: Store;
  /** The assumptions about undocumented behaviour; replaced through the control endpoints. */
  assumptions: Assumptions;
}

/** What a knob's `match` compares. */
export const targetOf = (request: FastifyRequest) => ({ method: request.method, path: request.url });

/** Unix seconds by the virtual clock. */
export const nowSeconds = ({ clock }: Pick<RunSignup, 'clock'>): number => Math.floor(clock.now() / 1000);

/** The time as of which this read sees the store. */
export function lagOf({ faults, clock }: RunSignup, request: FastifyRequest): AsOf {
  const lag = faults.take('lag', targetOf(request));
  return lag === undefined ? undefined : clock.now() - lag.ms;
}
