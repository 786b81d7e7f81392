/** A target that was slow or failed is left to its own queue for so long. */
const REST_MS = 10_000;

/** The places for calls of one target in one worker: its queue's activities and deliveries within workflow tasks share them. */
export class CallPlaces {
  readonly #waiting: (() => void)[] = [];
  #free: number;
  #restsUntil = 0;

  constructor(places: number) {
    this.#free = places;
  }

  /** @returns false: none is free, or the target is left to its own queue. */
  tryTake(): boolean {
    if (this.#free === 0 || performance.now() < this.#restsUntil) return false;
    this.#free -= 1;
    return true;
  }

  /** Waits for a place. */
  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    await promise;
  }

  /** Gives a place back: to the activity that has waited longest, if one waits. */
  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }

  /** {@link tryTake} finds none for a while. */
  rest(): void {
    this.#restsUntil = performance.now() + REST_MS;
  }
}
