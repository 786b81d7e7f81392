import type { ErrorClass } from './error-class.ts';

export interface SyncErrorOptions {
  /** Stable, machine-readable reason, for example `rate-limited` or `invalid-data`. */
  readonly code: string;
  /** The field at fault, by the target's name or, for a mapping, by EMS's. */
  readonly field?: string;
  /** Milliseconds that the target asked us to wait. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * A failure with a class that decides what happens next. The message reaches workflow histories, records and logs, so it
 * names types, ids, fields and codes, never a value.
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

/** A process or type that this release, or this worker, does not have: nothing to retry, and nothing to record. */
export class UnknownPairError extends RangeError {
  override readonly name = 'UnknownPairError';
}

/**
 * The target, or our own record, holds a higher fencing token of this entity than the attempt's (architecture rule 14): either
 * a newer attempt was faster, or the database was restored and the sequence is too low.
 */
export class StaleTokenError extends Error {
  override readonly name = 'StaleTokenError';
  /** The token that is held. */
  readonly higherToken: bigint;

  constructor(higherToken: bigint) {
    super(`fencing token ${higherToken} of this entity is known already`);
    this.higherToken = higherToken;
  }
}
