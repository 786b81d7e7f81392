import { CancellationScope, sleep } from '@temporalio/workflow';

/**
 * How long a sweep waits while no child ends. One timer for all that wait, begun again while there is progress: a timer
 * for each child would be two events each.
 */
export class Patience {
  readonly #lengthMs: number;
  #scope: CancellationScope | null = null;
  #over: Promise<void> = Promise.resolve();
  #progressed = false;
  #timesOver = 0;

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs;
  }

  /** How often it has run out. */
  get timesOver(): number {
    return this.#timesOver;
  }

  /** A child has ended: the others are given as long again. */
  progress(): void {
    this.#progressed = true;
  }

  /** Resolves when no child has ended within a whole such time; never rejects. */
  over(): Promise<void> {
    if (this.#scope === null) {
      this.#scope = new CancellationScope();
      this.#over = this.#scope.run(() => this.#wait()).catch(() => undefined);
    }
    return this.#over;
  }

  /** Ends the timer: nobody waits any more. */
  end(): void {
    this.#scope?.cancel();
    this.#scope = null;
  }

  async #wait(): Promise<void> {
    do {
      this.#progressed = false;
      await sleep(this.#lengthMs);
    } while (this.#progressed);
    this.#timesOver += 1;
    this.#scope = null;
  }
}
