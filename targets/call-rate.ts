import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError } from '../sync/sync-error.ts';

const MINUTE_MS = 60_000;

/** An attempt that would wait longer frees its slot in the worker. */
const LONGEST_WAIT_MS = 10_000;

const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 600_000;

/**
 * Limits the call rate of one connection: a minute's worth of calls may go out at once, then one after another. If the
 * target throttles, no call goes out for half a minute; the pause doubles each consecutive time, up to 10 minutes.
 */
export class CallRate {
  readonly #intervalMs: number;
  readonly #burstMs: number;
  readonly #now: () => number;
  /** When the next call would be due without bursts. */
  #due = 0;
  #pauses = 0;

  /** @param perMinute calls per minute. @param now milliseconds of a monotonic clock. */
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

  /** The target throttled a call. @param askedMs the wait that it asked for. */
  pause(askedMs = 0): void {
    const pauseMs = Math.max(askedMs, Math.min(FIRST_PAUSE_MS * 2 ** this.#pauses, LONGEST_PAUSE_MS));
    this.#pauses += 1;
    this.#due = Math.max(this.#due, this.#now() + this.#burstMs + pauseMs);
  }

  /** The target answered normally, so the next pause starts short again. */
  resume(): void {
    this.#pauses = 0;
  }
}
