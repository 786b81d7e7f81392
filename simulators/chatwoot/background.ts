import type { SeededRandom } from '../kit/random.ts';
import type { Chatwoot } from './chatwoot.ts';

/** Jobs that ChatWoot does after it has answered, each 50 to 250 ms later. */
export function createBackground(random: SeededRandom): Chatwoot['background'] {
  const timers = new Set<NodeJS.Timeout>();
  return {
    later(work) {
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          work();
        },
        50 + Math.floor(random.next() * 200),
      ).unref();
      timers.add(timer);
    },
    clear() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
