import { createRng, type Rng } from '../simulators/ems/index.ts';

const USES = ['prepare', 'happen'] as const;

/** A random sequence for each purpose. The sample's own would produce the same persons again. */
export function randomFor(use: (typeof USES)[number], seed: number): Rng {
  return createRng((seed % 2 ** 31) + 1 + USES.indexOf(use));
}
