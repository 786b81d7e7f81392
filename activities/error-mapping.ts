import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { ErrorClass } from '../sync/error-class.ts';
import { UNKNOWN_PAIR } from '../sync/error-class.ts';
import { PAUSED } from '../sync/pause.ts';
import { PausedError, SyncError, UnknownPairError } from '../sync/sync-error.ts';

/**
 * PostgreSQL's error classes that do not concern the row: connection lost, shutdown, overload, serialisation failure.
 */
const PASSING_SQL_STATES = /^(08|40|53|55P03|57014|57P|58)/;

/** EMS was changed: a table or column that we read is missing. The error ends when EMS has it again. */
const MISSING_IN_EMS = new Set(['42703', '42P01']);

/** Errors that an operator can fix, in words. */
const KNOWN_SQL_STATES: ReadonlyMap<string, string> = new Map([
  ['57P03', 'PostgreSQL is starting up, or shutting down'],
  ['57P01', 'PostgreSQL was shut down'],
  ['53100', "PostgreSQL's disk is full"],
  ['53200', 'PostgreSQL is out of memory'],
  ['53300', 'PostgreSQL has no free connection'],
  ['42501', 'this login may not do that: npx ems-sync migrate --with-roles'],
]);

/**
 * Converts every error of an activity into one kind of failure whose type is the error class. Temporal's retries, the
 * Web UI and the workflows read it there. The text contains ids and codes, never values.
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
  // The workflow knows what must wait, so another attempt of the activity is of no use.
  if (error instanceof PausedError) {
    return ApplicationFailure.create({
      message: error.message,
      type: PAUSED,
      nonRetryable: true,
      category: ApplicationFailureCategory.BENIGN,
    });
  }
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
  const { errorClass, message, code } = describeError(error);
  return ApplicationFailure.create({
    message,
    type: errorClass,
    details: [{ code, field: null }],
    category: errorClass === 'transient' ? ApplicationFailureCategory.BENIGN : undefined,
  });
}

/** The class of an error, and what may be reported of it. */
export function describeError(error: unknown): {
  readonly errorClass: ErrorClass;
  readonly message: string;
  readonly code: string;
} {
  if (error instanceof SyncError) return error;
  const passing = sqlState(error) !== null || isConnectionError(error) || MISSING_IN_EMS.has(codeOf(error) ?? '');
  return { errorClass: passing ? 'transient' : 'bug', message: safeMessage(error), code: reasonOf(error) };
}

/** PostgreSQL's class for statements that are wrong whatever the rows contain: missing column, no permission. */
const WRONG_STATEMENT = /^42/;

/** Whether an error of a statement over many rows would be the same for each of them. */
export function isAboutNoRow(error: unknown): boolean {
  return (
    error instanceof SyncError ||
    error instanceof UnknownPairError ||
    sqlState(error) !== null ||
    isConnectionError(error) ||
    WRONG_STATEMENT.test(codeOf(error) ?? '')
  );
}

const isExpected = (errorClass: ErrorClass) => errorClass === 'transient' || errorClass === 'target-down';

/** Every connection error here is the database's: a target's is a SyncError. */
function reasonOf(error: unknown): string {
  return isConnectionError(error) ? 'database-unavailable' : (codeOf(error) ?? 'unexpected');
}

function codeOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : null;
}

/** The SQLSTATE of a temporary database error, else null. */
function sqlState(error: unknown): string | null {
  const code = codeOf(error);
  return code !== null && PASSING_SQL_STATES.test(code) ? code : null;
}

/** Errors of the driver without a code. */
const CONNECTION_LOST =
  /Connection terminated|connection error and is not queryable|timeout exceeded when trying to connect/;

function isConnectionError(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = (cause as { code?: unknown }).code;
    if (['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'].includes(String(code))) return true;
    if (CONNECTION_LOST.test(cause.message)) return true;
  }
  return false;
}

/** A database error may quote a row, so only its code and the name of a missing column are reported. */
function safeMessage(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const code = codeOf(error);
  if (code === null || !/^[0-9A-Z]{5}$/.test(code)) return text.split('\n')[0] ?? 'unknown error';
  if (MISSING_IN_EMS.has(code)) {
    const name = /(?:column|relation) "?([a-z_][\w.]{0,126})"? does not exist/.exec(text)?.[1] ?? 'a table or column';
    return `EMS has no ${name} (SQLSTATE ${code}): npx ems-sync check names everything that is missing`;
  }
  const named = ['column', 'constraint'].flatMap((kind) => {
    const name = (error as Readonly<Record<string, unknown>>)[kind];
    return typeof name === 'string' && /^\w{1,126}$/.test(name) ? [`${kind} ${name}`] : [];
  });
  const where = [`SQLSTATE ${code}`, ...named].join(', ');
  return `${KNOWN_SQL_STATES.get(code) ?? 'the database refused a statement'} (${where})`;
}
