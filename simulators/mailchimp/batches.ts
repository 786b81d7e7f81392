import type { VirtualClock } from '../kit/clock.ts';
import type { SeededRandom } from '../kit/random.ts';
import type { Batch, BatchOperation, BatchResult } from './records.ts';
import type { Settings } from './settings.ts';
import type { Store } from './store.ts';

export const batchStatuses = ['pending', 'preprocessing', 'started', 'finalizing', 'finished'] as const;
export type BatchStatus = (typeof batchStatuses)[number];

const STARTED = batchStatuses.indexOf('started');
/** How often the virtual clock is looked at while a batch waits. */
const LOOK_MS = 25;

interface Around {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly store: Pick<Store, 'batches'>;
  readonly settings: () => Settings;
  /** Does what an operation asks for, as if it had come by itself. */
  readonly run: (operation: BatchOperation) => Promise<BatchResult>;
}

/** Asynchronous batches: worked on a while later, whether or not anybody asks, in an order of their own. */
export class Batches {
  readonly #around: Around;
  readonly #working = new Map<number, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #round = 0;

  constructor(around: Around) {
    this.#around = around;
    // Whatever a crash left behind goes on.
    if (this.#waiting().length > 0) this.watch();
  }

  /** Those that are not finished. */
  open(): readonly Batch[] {
    return this.#around.store.batches.all().filter((batch) => this.statusOf(batch) !== 'finished');
  }

  /** By the virtual clock; one that is due but not worked on yet is `started`. */
  statusOf(batch: Batch): BatchStatus {
    const { clock, settings } = this.#around;
    const { batchStepMs } = settings();
    const steps = batchStepMs === 0 ? Infinity : Math.floor((clock.now() - batch.submittedAt) / batchStepMs);
    const step = Math.max(0, Math.min(steps, batch.results === null ? STARTED : batchStatuses.length - 1));
    return batchStatuses[step] ?? 'finished';
  }

  /** When it is finished at the earliest, milliseconds since 1970. */
  dueAt({ submittedAt }: Batch): number {
    return submittedAt + (batchStatuses.length - 1) * this.#around.settings().batchStepMs;
  }

  /** Begins those that are due, and looks again until none is left. */
  watch(): void {
    this.#timer ??= setInterval(() => void this.advance(), LOOK_MS).unref();
  }

  /** Works on what is due by now. */
  async advance(): Promise<void> {
    const waiting = this.#waiting();
    if (waiting.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    await Promise.all(waiting.filter((batch) => this.statusOf(batch) === 'started').map((batch) => this.#work(batch)));
  }

  /** Stops, also in the middle of one. */
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
    // Deleted meanwhile, or gone with a reset.
    if (round === this.#round && store.batches.find(batch.id) !== undefined) store.batches.save({ ...batch, results });
  }
}
