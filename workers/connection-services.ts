import { LockTimeoutError, type AdvisoryLocks } from '../database/advisory-locks.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { ConnectionServices } from '../targets/sync-process.ts';

/** Within the activity's time limit; a call that got no connection is retried later. */
const WAIT_MS = 15_000;

/** Counts an account's connections over all workers, as locks in PostgreSQL. */
export function connectionServices(
  locks: AdvisoryLocks,
  { consentPolicy, keys }: Pick<ConnectionServices, 'consentPolicy' | 'keys'>,
): ConnectionServices {
  return {
    consentPolicy,
    keys,
    withConnection: async (account, connections, call) => {
      const slots = Array.from({ length: connections }, (_, slot) => `ems-sync connection ${account} ${slot}`);
      try {
        return await locks.withOneOf(slots, WAIT_MS, call);
      } catch (error) {
        if (!(error instanceof LockTimeoutError)) throw error;
        throw new SyncError('transient', `all ${connections} connections of the account are in use`, {
          code: 'connections-busy',
          retryAfterMs: 2_000,
          cause: error,
        });
      }
    },
  };
}
