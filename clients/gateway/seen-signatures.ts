import { SIGNATURE_VALID_FOR_MS as VALID_FOR_MS } from './verify-signature.ts';

/** About 15 MB in total: enough to remember every signature for 150 webhooks a second. */
const EACH_AT_MOST = 100_000;

/**
 * Remembers accepted signatures while they are valid, so that an intercepted webhook cannot be replayed. Two
 * generations: the older one is dropped as a whole when the younger is full or old enough. Only senders that know the
 * secret can fill it.
 */
export class SeenSignatures {
  #young = new Set<string>();
  #old = new Set<string>();
  #since = 0;
  readonly #atMost: number;

  constructor(atMost = EACH_AT_MOST) {
    this.#atMost = atMost;
  }

  /** @returns false if it was accepted before. */
  take(signature: string, nowMs: number): boolean {
    if (nowMs - this.#since >= VALID_FOR_MS || this.#young.size >= this.#atMost) {
      this.#old = nowMs - this.#since >= 2 * VALID_FOR_MS ? new Set() : this.#young;
      this.#young = new Set();
      this.#since = nowMs;
    }
    if (this.#young.has(signature) || this.#old.has(signature)) return false;
    this.#young.add(signature);
    return true;
  }

  /** The webhook had no effect, so it may be sent again. */
  forget(signature: string): void {
    this.#young.delete(signature);
    this.#old.delete(signature);
  }
}
