import { writeFailure } from '../database/records/write-failure.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { PausedError, SyncError, UnknownPairError } from '../sync/sync-error.ts';
import { pairWorkflowId } from '../sync/workflow-ids.ts';
import type { Dependencies } from './dependencies.ts';
import { describeError } from './error-mapping.ts';

/** Failed attempts are recorded after this time, however few there were. */
const SOON_MS = 120_000;

export interface AttemptOfPair {
  readonly number: number;
  /** Milliseconds since the first attempt. */
  readonly forMs: number;
}

/**
 * Runs an attempt at a pair. The workflow reports a pair as failing after five attempts, normally half a minute. But a
 * target may ask for an hour's pause after each, or take minutes to fail. In that case the attempt itself records its
 * failure, so that no pair retries unnoticed for long.
 */
export async function tellingSoon<T>(
  { orm }: Dependencies,
  { process, type, key }: { readonly process: SyncProcessName; readonly type: EntityType; readonly key: EntityKey },
  { number: attempts, forMs }: AttemptOfPair,
  work: () => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  try {
    return await work();
  } catch (error) {
    const pauseMs = error instanceof SyncError ? (error.retryAfterMs ?? 0) : 0;
    const isItsOwn = !(error instanceof UnknownPairError || error instanceof PausedError);
    if (isItsOwn && forMs + (performance.now() - startedAt) + pauseMs >= SOON_MS) {
      const workflowId = pairWorkflowId(process, type, key);
      const { errorClass, message, code } = describeError(error);
      // Report the attempt's error even if recording it fails.
      await writeFailure(orm, process, type, {
        key,
        errorClass,
        message,
        code,
        attempts,
        workflowId,
      }).catch(() => undefined);
    }
    throw error;
  }
}
