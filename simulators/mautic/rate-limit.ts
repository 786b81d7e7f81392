const HOUR_MS = 3_600_000;

/** A client's state in the current hour. */
export interface Standing {
  readonly allowed: boolean;
  readonly remaining: number;
  /** End of the hour, in Unix seconds. */
  readonly resetAt: number;
}

/**
 * Counts calls in one-hour windows of the virtual clock; a window starts with the first call after the previous one
 * ended.
 */
export class RateLimit {
  readonly #now: () => number;
  #start = 0;
  #count = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts one more call. */
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
