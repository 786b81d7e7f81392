/** Caches the row count of each query for a few seconds. */
export class Totals {
  readonly #now: () => number;
  readonly #kept = new Map<string, { readonly at: number; readonly total: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param key the query without its page parameters */
  of(key: string, seconds: number, count: () => number): number {
    const now = this.#now();
    const kept = this.#kept.get(key);
    if (kept !== undefined && now >= kept.at && now - kept.at < seconds * 1_000) return kept.total;
    const total = count();
    this.#kept.set(key, { at: now, total });
    return total;
  }

  clear(): void {
    this.#kept.clear();
  }
}
