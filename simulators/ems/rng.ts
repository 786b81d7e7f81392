import { generateMersenne53Randomizer } from '@faker-js/faker';

/** Returns the next number of a reproducible sequence, in [0, 1). */
export type Rng = () => number;

/** A sequence that depends only on the seed, not on the machine. */
export function createRng(seed: number): Rng {
  const randomizer = generateMersenne53Randomizer(seed);
  return () => randomizer.next();
}

/** A whole number between `min` and `max`, both included. */
export function int(rng: Rng, min: number, max: number): number {
  return min + Math.floor(rng() * (max - min + 1));
}

/** True with the given probability. Always draws, so changing a probability does not shift later draws. */
export function chance(rng: Rng, probability: number): boolean {
  return rng() < probability;
}

/** One of the items; throws if there are none. */
export function pick<T>(rng: Rng, items: readonly T[]): T {
  const item = items[Math.floor(rng() * items.length)];
  if (item === undefined) throw new RangeError('Nothing to pick from: the list is empty.');
  return item;
}

/** One of the items, drawn by weight. */
export function pickWeighted<T extends { readonly weight: number }>(rng: Rng, items: readonly T[]): T {
  const total = items.reduce((sum, item) => sum + item.weight, 0);
  let left = rng() * total;
  for (const item of items) {
    left -= item.weight;
    if (left < 0) return item;
  }
  throw new RangeError('Nothing to pick from: no item has a weight.');
}

/** Up to `count` different items in random order. */
export function sample<T>(rng: Rng, items: readonly T[], count: number): T[] {
  const pool = [...items];
  const chosen: T[] = [];
  while (chosen.length < count && pool.length > 0) {
    const index = Math.floor(rng() * pool.length);
    // Move the last item into the gap instead of shifting thousands of items.
    const [last] = pool.splice(-1);
    if (last === undefined) break;
    chosen.push(index === pool.length ? last : (pool.splice(index, 1, last)[0] ?? last));
  }
  return chosen;
}
