import { workflowInfo } from '@temporalio/workflow';

/** How many children of a sweep deliver within their own workflow task: so many a second, the others by the target's queue. */
export class InlinePace {
  perSecond: number;
  #second = 0;
  #taken = 0;

  constructor(perSecond = 0) {
    this.perSecond = perSecond;
  }

  /** Whether the next one may. */
  take(): boolean {
    // The clock of this worker: a replay may choose otherwise, because the child was started with its input long ago.
    const second = Math.floor(workflowInfo().unsafe.now() / 1_000);
    if (second !== this.#second) [this.#second, this.#taken] = [second, 0];
    if (this.#taken >= this.perSecond) return false;
    this.#taken += 1;
    return true;
  }
}
