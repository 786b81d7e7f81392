import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError } from '../sync/sync-error.ts';

const MINUTE_MS = 60_000;

/** An attempt that would wait for longer gives its place in the worker to another. */
const LONGEST_WAIT_MS = 10_000;

const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 600_000;

/**
 * Keeps the calls of one connection to a rate: a minute's calls may go at once, then one after the other. A target that finds
 * it too much is left alone for half a minute, and each time in a row for twice as long, at most 10 minutes.
 */
export class CallRate {
  readonly #intervalMs: number;
  readonly #burstMs: number;
  readonly #now: () => number;
  /** When the next call would be due if no burst were allowed. */
  #due = 0;
  #pauses = 0;

  /** @param perMinute calls a minute. @param now milliseconds of a clock that never goes back. */
  constructor(perMinute: number, now: () => number = () => performance.now()) {
    this.#intervalMs = MINUTE_MS / perMinute;
    this.#burstMs = MINUTE_MS - this.#intervalMs;
    this.#now = now;
  }

  /** Waits for its turn. @throws SyncError of class `transient` if that takes too long. */
  async turn(target: string): Promise<void> {
    const now = this.#now();
    const due = Math.max(this.#due, now);
    const waitMs = due - this.#burstMs - now;
    if (waitMs > LONGEST_WAIT_MS) {
      throw new SyncError('transient', `${target} is called no more often than its rate allows`, {
        code: 'call-rate',
        retryAfterMs: Math.ceil(waitMs),
      });
    }
    this.#due = due + this.#intervalMs;
    if (waitMs > 0) await sleep(waitMs);
  }

  /** The target has refused a call as one too many. @param askedMs the wait that it asked for. */
  pause(askedMs = 0): void {
    const pauseMs = Math.max(askedMs, Math.min(FIRST_PAUSE_MS * 2 ** this.#pauses, LONGEST_PAUSE_MS));
    this.#pauses += 1;
    this.#due = Math.max(this.#due, this.#now() + this.#burstMs + pauseMs);
  }

  /** The target has answered: the next pause is a short one again. */
  resume(): void {
    this.#pauses = 0;
  }
}
