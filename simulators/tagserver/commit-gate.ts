import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Delays commits like a slow database: the rows of a held write are locked, other rows go on. A change gets its
 * sequence when it commits, so the feed never has a gap that is filled later.
 */
export class CommitGate {
  readonly #locked = new Map<string, Promise<void>>();

  /** Locks the rows as soon as they are free, waits for `holdMs` and runs `commit`. */
  async run<Result>(rows: readonly string[], holdMs: number, commit: () => Result): Promise<Result> {
    for (let lock = this.#lockOf(rows); lock !== undefined; lock = this.#lockOf(rows)) await lock;
    if (holdMs === 0) return commit();

    const { promise, resolve } = Promise.withResolvers<void>();
    for (const row of rows) this.#locked.set(row, promise);
    try {
      await sleep(holdMs);
      return commit();
    } finally {
      for (const row of rows) this.#locked.delete(row);
      resolve();
    }
  }

  #lockOf(rows: readonly string[]): Promise<void> | undefined {
    return this.#locked.size === 0
      ? undefined
      : rows.map((row) => this.#locked.get(row)).find((lock) => lock !== undefined);
  }
}
