import { SyncError } from '../sync/sync-error.ts';

/** The attempts at one record make five; the polls of three lists, nine. */
const MOST_IN_WINDOW = 10;
const WINDOW_MS = 60_000;

/** Short enough for five attempts of a pair, after which it is reported as failing. */
const PAUSE_MS = 60_000;

/** While one call tries whether the target has recovered, the others come back after this time. */
const WHILE_TRYING_MS = 10_000;

/** One call of a target. */
export interface Turn {
  /** The call has ended, with or without an answer. */
  end(): void;
  wasReadable(): void;
  wasUnreadable(): void;
}

/**
 * Limits how many answers of a target that cost much and cannot be read (too long, too dense, bombs) are received. One
 * costs some ten milliseconds, in which the worker does nothing for the other targets. After ten within a minute the
 * target is not called for a minute; then one call at a time is made until an answer is readable.
 */
export class UnreadableAnswers {
  readonly #now: () => number;
  /** When the latest of them came. */
  #times: number[] = [];
  #closedUntil: number | null = null;
  #isTrying = false;

  /** @param now milliseconds of a monotonic clock. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @throws SyncError of class `target-down` while the target is not called. */
  assertCallable(target: string): void {
    if (this.#closedUntil === null) return;
    const leftMs = Math.max(this.#closedUntil - this.#now(), this.#isTrying ? WHILE_TRYING_MS : 0);
    if (leftMs > 0) throw notCalled(target, leftMs);
  }

  /** @throws SyncError of class `target-down` while the target is not called. */
  turn(target: string): Turn {
    this.assertCallable(target);
    const isTrial = this.#closedUntil !== null;
    if (isTrial) this.#isTrying = true;
    return {
      end: () => {
        if (isTrial) this.#isTrying = false;
      },
      wasReadable: () => {
        if (isTrial) this.#closedUntil = null;
      },
      wasUnreadable: () => this.#note(isTrial),
    };
  }

  #note(isTrial: boolean): void {
    const now = this.#now();
    this.#times = [...this.#times.filter((time) => now - time < WINDOW_MS), now];
    if (!isTrial && this.#times.length < MOST_IN_WINDOW) return;
    this.#closedUntil = now + PAUSE_MS;
    this.#times = [];
  }
}

function notCalled(target: string, leftMs: number): SyncError {
  return new SyncError(
    'target-down',
    `${target} has sent ${MOST_IN_WINDOW} answers within a minute that are too long to be read, and is not called for a while`,
    { code: 'unreadable-answers', retryAfterMs: Math.ceil(leftMs) },
  );
}
