import type { VirtualClock } from '../kit/clock.ts';
import type { SeededRandom } from '../kit/random.ts';
import type { Batch, BatchOperation, BatchResult } from './records.ts';
import type { Settings } from './settings.ts';
import type { Store } from './store.ts';

export const batchStatuses = ['pending', 'preprocessing', 'started', 'finalizing', 'finished'] as const;
export type BatchStatus = (typeof batchStatuses)[number];

const STARTED = batchStatuses.indexOf('started');
/** How often a waiting batch checks the virtual clock. */
const LOOK_MS = 25;

interface Around {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly store: Pick<Store, 'batches'>;
  readonly settings: () => Settings;
  /** Runs an operation as if it had been sent on its own. */
  readonly run: (operation: BatchOperation) => Promise<BatchResult>;
}

/** Asynchronous batches: processed after a delay, whether or not a client polls, in their own order. */
export class Batches {
  readonly #around: Around;
  readonly #working = new Map<number, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #round = 0;

  constructor(around: Around) {
    this.#around = around;
    // Resume batches that a crash left unfinished.
    if (this.#waiting().length > 0) this.watch();
  }

  /** The batches that are not finished. */
  open(): readonly Batch[] {
    return this.#around.store.batches.all().filter((batch) => this.statusOf(batch) !== 'finished');
  }

  /** By the virtual clock; a due batch that has not run yet is `started`. */
  statusOf(batch: Batch): BatchStatus {
    const { clock, settings } = this.#around;
    const { batchStepMs } = settings();
    const steps = batchStepMs === 0 ? Infinity : Math.floor((clock.now() - batch.submittedAt) / batchStepMs);
    const step = Math.max(0, Math.min(steps, batch.results === null ? STARTED : batchStatuses.length - 1));
    return batchStatuses[step] ?? 'finished';
  }

  /** The earliest time at which it can be finished, in milliseconds since 1970. */
  dueAt({ submittedAt }: Batch): number {
    return submittedAt + (batchStatuses.length - 1) * this.#around.settings().batchStepMs;
  }

  /** Processes due batches and keeps checking until none is left. */
  watch(): void {
    this.#timer ??= setInterval(() => void this.advance(), LOOK_MS).unref();
  }

  /** Processes the batches that are due. */
  async advance(): Promise<void> {
    const waiting = this.#waiting();
    if (waiting.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    await Promise.all(waiting.filter((batch) => this.statusOf(batch) === 'started').map((batch) => this.#work(batch)));
  }

  /** Stops, even in the middle of a batch. */
  clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#working.clear();
    this.#round += 1;
  }

  #waiting(): readonly Batch[] {
    return this.#around.store.batches.all().filter(({ results }) => results === null);
  }

  #work(batch: Batch): Promise<void> {
    const begun = this.#working.get(batch.id);
    if (begun !== undefined) return begun;
    const work = this.#runAll(batch).finally(() => {
      if (this.#working.get(batch.id) === work) this.#working.delete(batch.id);
    });
    this.#working.set(batch.id, work);
    return work;
  }

  async #runAll(batch: Batch): Promise<void> {
    const { random, run, store } = this.#around;
    const round = this.#round;
    const inSomeOrder = batch.operations
      .map((operation) => ({ operation, place: random.next() }))
      .sort((left, right) => left.place - right.place);
    const results: BatchResult[] = [];
    for (const { operation } of inSomeOrder) {
      if (round !== this.#round) return;
      results.push(await run(operation));
    }
    // Skip the batch if it was deleted meanwhile or a reset removed it.
    if (round === this.#round && store.batches.find(batch.id) !== undefined) store.batches.save({ ...batch, results });
  }
}
