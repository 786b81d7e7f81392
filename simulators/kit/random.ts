/** A source of numbers in [0, 1) that a seed makes repeatable. */
export interface SeededRandom {
  next(): number;
  reseed(seed: number): void;
}

/** Mulberry32: small, and good enough to choose which requests fail. Not for secrets. */
export const createRandom = (seed = 1): SeededRandom => {
  let state = seed;
  return {
    next() {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
    reseed(next) {
      state = next;
    },
  };
};
