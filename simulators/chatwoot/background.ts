import type { SeededRandom } from '../kit/random.ts';
import { Timers } from '../kit/timers.ts';
import type { Chatwoot } from './chatwoot.ts';

/** Jobs that ChatWoot does after it has answered, each 50 to 250 ms later. */
export function createBackground(random: SeededRandom): Chatwoot['background'] {
  const timers = new Timers();
  return {
    later: (work) => timers.later(50 + Math.floor(random.next() * 200), work),
    clear: () => timers.clear(),
  };
}
