/** Lets at most so many pieces of work run at once; the others wait for their turn, first come, first served. */
export class AtMost {
  readonly #width: number;
  readonly #queue = new Set<() => void>();
  #running = 0;

  constructor(width: number) {
    this.#width = width;
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#queue.size;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#width) this.#running += 1;
    else await new Promise<void>((resolve) => this.#queue.add(resolve));
    return this.#work(work);
  }

  /** @returns null if its turn does not come within so many milliseconds; then nothing is done. */
  async runWithin<T>(ms: number, work: () => Promise<T>): Promise<T | null> {
    if (this.#running < this.#width) this.#running += 1;
    else if (!(await this.#turnWithin(ms))) return null;
    return this.#work(work);
  }

  #turnWithin(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const turn = () => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(() => {
        this.#queue.delete(turn);
        resolve(false);
      }, ms);
      this.#queue.add(turn);
    });
  }

  async #work<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      // The place is handed over: nobody who comes now can take it before the one who has waited longest.
      const [next] = this.#queue;
      if (next === undefined) this.#running -= 1;
      else {
        this.#queue.delete(next);
        next();
      }
    }
  }
}
