import { SyncError } from '../sync/sync-error.ts';

/** No change of the row could make a refused removal succeed, so it is not parked but retried, and shown as failing. */
export function keepTrying(error: unknown): never {
  if (!(error instanceof SyncError) || error.errorClass !== 'rejected') throw error;
  throw new SyncError('transient', error.message, { code: error.code, cause: error });
}
