import type { SeededRandom } from '../kit/random.ts';
import { Timers } from '../kit/timers.ts';
import type { Chatwoot } from './chatwoot.ts';

/** ChatWoot's background jobs: each runs 50 to 250 ms after the answer. */
export function createBackground(random: SeededRandom): Chatwoot['background'] {
  const timers = new Timers();
  return {
    later: (work) => timers.later(50 + Math.floor(random.next() * 200), work),
    clear: () => timers.clear(),
  };
}
