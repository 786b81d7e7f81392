/** Counts requests in fixed windows of a minute by the virtual clock, as rack-attack does. */
export class RateLimit {
  readonly #limit: number;
  readonly #now: () => number;
  #minute = 0;
  #count = 0;

  constructor(limit: number, now: () => number) {
    this.#limit = limit;
    this.#now = now;
  }

  /** Counts one more; false if it is one too many. */
  allow(): boolean {
    const minute = Math.floor(this.#now() / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= this.#limit;
  }

  clear(): void {
    this.#count = 0;
  }
}
