import { TOLERANCE_MS } from './verify-signature.ts';

/** A sender's clock may be ahead by the tolerance, and what it signs is in time until as much after that. */
const VALID_FOR_MS = 2 * TOLERANCE_MS;

/** Of these bytes, about 15 MB in all: a storm of 150 webhooks a second is remembered for as long as it must be. */
const EACH_AT_MOST = 100_000;

/**
 * Remembers the signatures that were taken while they are in time, so that a webhook that somebody has overheard cannot be
 * sent again. Two generations: the older one is forgotten as a whole when the younger is full or old enough. Only whoever
 * knows the secret can fill it.
 */
export class SeenSignatures {
  #young = new Set<string>();
  #old = new Set<string>();
  #since = 0;
  readonly #atMost: number;

  constructor(atMost = EACH_AT_MOST) {
    this.#atMost = atMost;
  }

  /** @returns false: it was taken before. */
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

  /** It had no effect, so the same may come again. */
  forget(signature: string): void {
    this.#young.delete(signature);
    this.#old.delete(signature);
  }
}
