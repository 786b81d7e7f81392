import { RequestError, TimeoutError } from 'got';
import { SyncError } from '../sync/sync-error.ts';

/** Errors of a connection that nobody gets through. Anything else may have reached the target before it broke. */
const UNREACHABLE = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'CERT_HAS_EXPIRED'];

/**
 * Classes an error of `got` itself: no answer came. A cut connection or a time-out may have had its effect, so what was
 * sent stays unconfirmed and is repeated.
 */
export function connectionError(target: string, error: unknown): unknown {
  if (!(error instanceof RequestError)) return error;
  if (UNREACHABLE.includes(error.code)) {
    return new SyncError('target-down', `${target} cannot be reached (${error.code})`, {
      code: error.code,
      cause: error,
    });
  }
  const what = error instanceof TimeoutError ? 'gave no answer in time' : 'closed the connection';
  return new SyncError('transient', `${target} ${what} (${error.code})`, { code: error.code, cause: error });
}

/** `Retry-After` in seconds or as a date, in milliseconds from now; undefined if there is none or it makes no sense. */
export function retryAfterMs(header: string | undefined, now: number = Date.now()): number | undefined {
  if (header === undefined || header.trim() === '') return undefined;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1_000;
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}
