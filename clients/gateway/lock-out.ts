/** A person who mistypes a token stays below it; a guesser of 32 characters gets nowhere. */
const FAILURES_AT_MOST = 20;

const LOCKED_FOR_MS = 15 * 60_000;

/** About 2 MB. */
const ADDRESSES_AT_MOST = 10_000;

interface Failures {
  since: number;
  count: number;
}

/** Locks out addresses that present invalid tokens repeatedly. */
export class LockOut {
  /** In the order of their first failure. */
  readonly #failures = new Map<string, Failures>();

  /** @returns how long the address stays locked out, in milliseconds; 0 if it is not. */
  lockedForMs(address: string, nowMs: number): number {
    const failures = this.#failures.get(address);
    if (failures === undefined) return 0;
    const leftMs = failures.since + LOCKED_FOR_MS - nowMs;
    if (leftMs > 0) return failures.count < FAILURES_AT_MOST ? 0 : leftMs;
    this.#failures.delete(address);
    return 0;
  }

  /** An invalid token came from the address. @returns whether the address is locked out from now on. */
  failed(address: string, nowMs: number): boolean {
    const failures = this.#failures.get(address) ?? { since: nowMs, count: 0 };
    failures.count += 1;
    // A lock-out lasts from its last failure.
    if (failures.count === FAILURES_AT_MOST) failures.since = nowMs;
    this.#failures.set(address, failures);
    if (this.#failures.size > ADDRESSES_AT_MOST) {
      const [oldest = ''] = this.#failures.keys();
      this.#failures.delete(oldest);
    }
    return failures.count >= FAILURES_AT_MOST;
  }
}
