import { generateMersenne53Randomizer } from '@faker-js/faker';

/** The next number of a reproducible sequence, from 0 up to, not including, 1. */
export type Rng = () => number;

/** A sequence that is the same for the same seed, on every machine. */
export function createRng(seed: number): Rng {
  const randomizer = generateMersenne53Randomizer(seed);
  return () => randomizer.next();
}

/** A whole number between `min` and `max`, both included. */
export function int(rng: Rng, min: number, max: number): number {
  return min + Math.floor(rng() * (max - min + 1));
}

/** True with the given probability. Always draws, so that a changed probability does not shift what follows. */
export function chance(rng: Rng, probability: number): boolean {
  return rng() < probability;
}

/** One of the items; throws if there are none. */
export function pick<T>(rng: Rng, items: readonly T[]): T {
  const item = items[Math.floor(rng() * items.length)];
  if (item === undefined) throw new RangeError('Nothing to pick from: the list is empty.');
  return item;
}

/** One of the items, each as likely as its weight says. */
export function pickWeighted<T extends { readonly weight: number }>(rng: Rng, items: readonly T[]): T {
  const total = items.reduce((sum, item) => sum + item.weight, 0);
  let left = rng() * total;
  for (const item of items) {
    left -= item.weight;
    if (left < 0) return item;
  }
  throw new RangeError('Nothing to pick from: no item has a weight.');
}

/** Up to `count` different items, in a random order. */
export function sample<T>(rng: Rng, items: readonly T[], count: number): T[] {
  const pool = [...items];
  const chosen: T[] = [];
  while (chosen.length < count && pool.length > 0) {
    const index = Math.floor(rng() * pool.length);
    // The last one takes the place of the one that is taken out: no shifting of thousands.
    const [last] = pool.splice(-1);
    if (last === undefined) break;
    chosen.push(index === pool.length ? last : (pool.splice(index, 1, last)[0] ?? last));
  }
  return chosen;
}
