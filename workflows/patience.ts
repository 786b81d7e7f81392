import { CancellationScope, sleep } from '@temporalio/workflow';

/**
 * How long a sweep waits for children that do not end. One timer for all that wait, begun again once it has run out: a
 * timer for each child would be two events each.
 */
export class Patience {
  readonly #length: string;
  #scope: CancellationScope | null = null;
  #over: Promise<void> = Promise.resolve();
  #timesOver = 0;

  constructor(length: string) {
    this.#length = length;
  }

  /** How often it has run out. */
  get timesOver(): number {
    return this.#timesOver;
  }

  /** Resolves when patience runs out; never rejects. */
  over(): Promise<void> {
    if (this.#scope === null) {
      const scope = new CancellationScope();
      this.#scope = scope;
      this.#over = scope
        .run(() => sleep(this.#length))
        .then(() => this.#ranOut())
        .catch(() => undefined);
    }
    return this.#over;
  }

  #ranOut(): void {
    this.#timesOver += 1;
    this.#scope = null;
  }

  /** Ends the timer: nobody waits any more. */
  end(): void {
    this.#scope?.cancel();
    this.#scope = null;
  }
}
