import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { ErrorClass } from '../sync/error-class.ts';
import { UNKNOWN_PAIR } from '../sync/error-class.ts';
import { SyncError, UnknownPairError } from '../sync/sync-error.ts';

/** PostgreSQL's error classes that say nothing of the row: connection lost, shutting down, too busy, serialisation. */
const PASSING_SQL_STATES = /^(08|40|53|55P03|57P|58)/;

/**
 * Turns whatever an activity throws into one kind of failure, whose type is the error class: Temporal's retries, the Web UI
 * and the workflows all read it there. The text names ids and codes, never values.
 */
export class ErrorMapping implements ActivityInboundCallsInterceptor {
  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    try {
      return await next(input);
    } catch (error) {
      throw asFailure(error);
    }
  }
}

function asFailure(error: unknown): unknown {
  if (error instanceof ApplicationFailure || (error instanceof Error && error.name === 'CancelledFailure'))
    return error;
  if (error instanceof SyncError) {
    return ApplicationFailure.create({
      message: error.message,
      type: error.errorClass,
      nonRetryable: error.errorClass === 'rejected',
      details: [{ code: error.code, field: error.field ?? null }],
      category: isExpected(error.errorClass) ? ApplicationFailureCategory.BENIGN : undefined,
      ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: error.retryAfterMs }),
    });
  }
  if (error instanceof UnknownPairError) return ApplicationFailure.nonRetryable(error.message, UNKNOWN_PAIR);
  const passing = sqlState(error) !== null || isConnectionError(error);
  return ApplicationFailure.create({
    message: safeMessage(error),
    type: passing ? ('transient' satisfies ErrorClass) : ('bug' satisfies ErrorClass),
    details: [{ code: sqlState(error) ?? (error as { code?: string }).code ?? 'unexpected', field: null }],
    category: passing ? ApplicationFailureCategory.BENIGN : undefined,
  });
}

const isExpected = (errorClass: ErrorClass) => errorClass === 'transient' || errorClass === 'target-down';

/** The SQLSTATE of a passing database error, else null. */
function sqlState(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && PASSING_SQL_STATES.test(code) ? code : null;
}

function isConnectionError(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = (cause as { code?: unknown }).code;
    if (['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'].includes(String(code))) return true;
    if (/Connection terminated|timeout exceeded when trying to connect/.test(cause.message)) return true;
  }
  return false;
}

/** A database error's own text may quote a row; its first line without the quoted parts does not. */
function safeMessage(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code))
    return `the database refused a statement (SQLSTATE ${code})`;
  return text.split('\n')[0] ?? 'unknown error';
}
