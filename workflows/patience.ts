import { CancellationScope, sleep } from '@temporalio/workflow';

/**
 * How long a sweep waits while no child ends. All children share one timer, which restarts on progress: a timer per
 * child would cost two events each.
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

  /** How often it has expired. */
  get timesOver(): number {
    return this.#timesOver;
  }

  /** A child has ended: the timer restarts for the others. */
  progress(): void {
    this.#progressed = true;
  }

  /** Resolves when no child has ended for the whole time. Never rejects. */
  over(): Promise<void> {
    if (this.#scope === null) {
      this.#scope = new CancellationScope();
      this.#over = this.#scope.run(() => this.#wait()).catch(() => undefined);
    }
    return this.#over;
  }

  /** Ends the timer. */
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
