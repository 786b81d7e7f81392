import type { ErrorClass } from './error-class.ts';
import { describePause, PAUSED, type Pause } from './pause.ts';

export interface SyncErrorOptions {
  /** Stable, machine-readable reason, for example `rate-limited` or `invalid-data`. */
  readonly code: string;
  /** The faulty field, by the target's name or, for a mapping, by EMS's. */
  readonly field?: string;
  /** Milliseconds that the target asked us to wait. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * A failure with a class that decides what happens next. The message appears in workflow histories, records and logs,
 * so it contains types, ids, fields and codes, never a value.
 */
export class SyncError extends Error {
  override readonly name = 'SyncError';
  readonly errorClass: ErrorClass;
  readonly code: string;
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(errorClass: ErrorClass, message: string, options: SyncErrorOptions) {
    super(message, { cause: options.cause });
    this.errorClass = errorClass;
    this.code = options.code;
    this.field = options.field;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** An operator has paused the process: nothing is done at its target until it is resumed. */
export class PausedError extends SyncError {
  constructor(pause: Pause) {
    super('transient', describePause(pause), { code: PAUSED });
  }
}

/** A process or type that this release or worker does not have: nothing to retry or record. */
export class UnknownPairError extends RangeError {
  override readonly name = 'UnknownPairError';
}

/**
 * The target, or our own record, has a higher fencing token for this entity than the attempt (architecture rule 14): a
 * newer attempt was faster, or the database was restored and the sequence is too low.
 */
export class StaleTokenError extends Error {
  override readonly name = 'StaleTokenError';
  /** The higher token. */
  readonly higherToken: bigint;

  constructor(higherToken: bigint) {
    super(`fencing token ${higherToken} of this entity is known already`);
    this.higherToken = higherToken;
  }
}
