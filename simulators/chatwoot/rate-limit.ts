/** Counts requests in fixed one-minute windows of the virtual clock, as rack-attack does. */
export class RateLimit {
  readonly #limit: number;
  readonly #now: () => number;
  #minute = 0;
  #count = 0;

  constructor(limit: number, now: () => number) {
    this.#limit = limit;
    this.#now = now;
  }

  /** Counts one more request; returns false if it exceeds the limit. */
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
