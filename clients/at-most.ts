/** Limits how many pieces of work run at once; the others wait in order of arrival. */
export class AtMost {
  readonly #width: number;
  readonly #queue = new Set<() => void>();
  #running = 0;

  constructor(width: number) {
    this.#width = width;
  }

  /** The number of waiting pieces of work. */
  get waiting(): number {
    return this.#queue.size;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#width) this.#running += 1;
    else await new Promise<void>((resolve) => this.#queue.add(resolve));
    return this.#work(work);
  }

  /** @returns null if the work cannot start within `ms`; then it never runs. */
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
      // Hand the slot to the one that has waited longest, so that no newcomer can take it.
      const [next] = this.#queue;
      if (next === undefined) this.#running -= 1;
      else {
        this.#queue.delete(next);
        next();
      }
    }
  }
}
