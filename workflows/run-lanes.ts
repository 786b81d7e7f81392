import { Patience } from './patience.ts';

/** Concurrent children. More would not be faster, because the target's queue decides. */
const CHILDREN_AT_ONCE = 40;

/** If no child has ended for this long, the remaining ones are retrying and continue without us. */
const PATIENCE_MS = 20_000;

/**
 * Starts a child for each item, a limited number at once. When one ends, the next starts, so that a slow one delays no
 * other.
 *
 * @param start returns null if nothing was started. Its `end` never rejects.
 * @param ended called with each child's outcome; `leftRunning`: it was still running when patience ran out.
 * @returns false if patience ran out with some child.
 */
export async function runLanes<Item, Outcome>(
  items: readonly Item[],
  start: (item: Item) => Promise<{ readonly end: Promise<Outcome> } | null>,
  ended: (outcome: Outcome | 'leftRunning') => void,
  atOnce = CHILDREN_AT_ONCE,
): Promise<boolean> {
  const patience = new Patience(PATIENCE_MS);
  const waiting = [...items];
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      const child = await start(item);
      if (child === null) continue;
      const outcome = await Promise.race([child.end, patience.over().then(() => 'leftRunning' as const)]);
      ended(outcome);
      if (outcome !== 'leftRunning') patience.progress();
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  patience.end();
  return patience.timesOver === 0;
}
