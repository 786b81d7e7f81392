import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError } from '../sync/sync-error.ts';

const MIB = 2 ** 20;

/** To read a mebibyte (unpack, scan, parse, check) takes some 10 ms: a tenth of one core's time, in the long run. */
const BYTES_PER_SECOND = 8 * MIB;

/** Read at once, after a pause: several of the longest lists. */
const BURST_BYTES = 128 * MIB;

/** An attempt that would wait longer frees its slot in the worker. */
const LONGEST_WAIT_MS = 5_000;

/**
 * Limits how many bytes of one target's answers a worker reads, because reading them takes time from the other targets.
 * No honest target answers so much: lists of thousands take it seconds.
 */
export class AnswerRate {
  readonly #now: () => number;
  readonly #pause: (ms: number) => Promise<unknown>;
  /** When the bytes received so far would have come at the rate, without bursts. */
  #due = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds of a monotonic clock. */
  constructor(now: () => number = () => performance.now(), pause: (ms: number) => Promise<unknown> = sleep) {
    this.#now = now;
    this.#pause = pause;
  }

  /** Waits until another answer may be read. @throws SyncError of class `transient` if that takes too long. */
  async turn(target: string): Promise<void> {
    const waitMs = this.#due - msOf(BURST_BYTES) - this.#now();
    if (waitMs <= 0) return;
    if (waitMs <= LONGEST_WAIT_MS) return void (await this.#pause(waitMs));
    throw new SyncError('transient', `${target} has answered more than a worker reads of one target`, {
      code: 'answer-rate',
      retryAfterMs: Math.ceil(waitMs),
    });
  }

  received(bytes: number): void {
    this.#due = Math.max(this.#due, this.#now()) + msOf(bytes);
  }
}

const msOf = (bytes: number) => (1_000 * bytes) / BYTES_PER_SECOND;
