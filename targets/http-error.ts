import { RequestError, TimeoutError } from 'got';
import { SyncError } from '../sync/sync-error.ts';

/** Errors of a connection that nobody gets through. Anything else may have reached the target before it broke. */
const UNREACHABLE = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'CERT_HAS_EXPIRED'];

/**
 * Classes an error of `got` itself: no answer came. A cut connection or a time-out may have had its effect, so what was
 * sent stays unconfirmed and is repeated. What `got` knows of the request (a token, a person's values) is not handed on as a cause.
 */
export function connectionError(target: string, error: unknown): unknown {
  if (!(error instanceof RequestError)) return error;
  if (UNREACHABLE.includes(error.code)) {
    return new SyncError('target-down', `${target} cannot be reached (${error.code})`, { code: error.code });
  }
  const what = error instanceof TimeoutError ? 'gave no answer in time' : 'closed the connection';
  return new SyncError('transient', `${target} ${what} (${error.code})`, { code: error.code });
}

const SECONDS = /^\d+(\.\d+)?$/;

/** RFC 9110's date, and its older form with the whole name of the day. `Date.parse` alone finds a year in any text. */
const HTTP_DATE = /^[A-Z][a-z]{2,8}, \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} \d\d:\d\d:\d\d GMT$/;

/** Whoever asks for more is asked again tomorrow: a slip of the target must not put a record to sleep for years. */
const LONGEST_WAIT_MS = 86_400_000;

/**
 * `Retry-After` in seconds or as a date, in milliseconds from now and at most a day; undefined if there is none, if it is
 * over, or if it makes no sense.
 */
export function retryAfterMs(header: string | undefined, now: number = Date.now()): number | undefined {
  const text = header?.trim() ?? '';
  const ms = SECONDS.test(text) ? Number(text) * 1_000 : HTTP_DATE.test(text) ? Date.parse(text) - now : Number.NaN;
  return ms >= 0 ? Math.min(ms, LONGEST_WAIT_MS) : undefined;
}
