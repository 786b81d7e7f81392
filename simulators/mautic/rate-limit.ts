const HOUR_MS = 3_600_000;

/** Where a client stands in the current hour. */
export interface Standing {
  readonly allowed: boolean;
  readonly remaining: number;
  /** When the hour is over, seconds since 1970. */
  readonly resetAt: number;
}

/** Counts calls in windows of an hour by the virtual clock; a window begins with the first call after the last one's end. */
export class RateLimit {
  readonly #now: () => number;
  #start = 0;
  #count = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts one more. */
  count(limit: number): Standing {
    const now = this.#now();
    if (this.#count === 0 || now - this.#start >= HOUR_MS || now < this.#start) {
      this.#start = now;
      this.#count = 0;
    }
    this.#count += 1;
    return {
      allowed: this.#count <= limit,
      remaining: Math.max(0, limit - this.#count),
      resetAt: Math.floor((this.#start + HOUR_MS) / 1_000),
    };
  }

  clear(): void {
    this.#count = 0;
  }
}
