import pRetry from 'p-retry';
import type { Logger } from 'pino';
import { SettingsError } from '../settings/settings-error.ts';

interface Server {
  /** For example `PostgreSQL`. */
  readonly what: string;
  readonly where: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Retries with back-off up to half a minute, and logs each time which server cannot be reached and where, so that a
 * worker survives restarts of its servers. Rejects when `signal` is aborted, and with a SettingsError, which another try
 * would not mend.
 */
export function waitUntilReachable<T>({ what, where, log, signal }: Server, connect: () => Promise<T>): Promise<T> {
  return pRetry(connect, {
    signal,
    shouldRetry: ({ error }) => !(error instanceof SettingsError),
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 1_000,
    maxTimeout: 30_000,
    onFailedAttempt: ({ error, attemptNumber }) => {
      if (error instanceof SettingsError) return;
      log.warn(
        { attempt: attemptNumber, reason: error.message },
        `${what} at ${where} cannot be reached; trying again`,
      );
    },
  });
}
