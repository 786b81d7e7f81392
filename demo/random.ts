import { createRng, type Rng } from '../simulators/ems/index.ts';

const USES = ['prepare', 'happen'] as const;

/** A sequence for each use that is not the sample's: that one would bring the sample's own persons again. */
export function randomFor(use: (typeof USES)[number], seed: number): Rng {
  return createRng((seed % 2 ** 31) + 1 + USES.indexOf(use));
}
