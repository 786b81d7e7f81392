import { type VirtualClock, createClock } from './clock.ts';
import { Concurrency } from './concurrency.ts';
import { Faults, type commonKnobs } from './faults.ts';
import { Journal } from './journal.ts';
import { type SeededRandom, createRandom } from './random.ts';

/** What every simulated API shares: clock, randomness, knobs, and the record of its requests. */
export interface Surroundings<Knobs extends typeof commonKnobs> {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly faults: Faults<Knobs>;
  readonly journal: Journal;
  readonly concurrency: Concurrency;
}

export function createSurroundings<Knobs extends typeof commonKnobs>(
  knobs: Knobs,
  journal: Journal = new Journal(),
): Surroundings<Knobs> {
  const clock = createClock();
  const random = createRandom();
  return { clock, random, faults: new Faults(knobs, clock, random), journal, concurrency: new Concurrency() };
}
