import { writeFailure } from '../database/records/write-failure.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { SyncError, UnknownPairError } from '../sync/sync-error.ts';
import { pairWorkflowId } from '../sync/workflow-ids.ts';
import type { Dependencies } from './dependencies.ts';
import { describeError } from './error-mapping.ts';

/** Attempts that fail are on record after this long, however few there were. */
const SOON_MS = 120_000;

export interface AttemptOfPair {
  readonly number: number;
  /** Since the first of them. */
  readonly forMs: number;
}

/**
 * Carries out an attempt at a pair. The workflow says that a pair is failing after five attempts, which is half a minute; but a
 * target may ask for an hour's pause after each, or take minutes to fail. Then the attempt itself puts its failure on record, so
 * that no pair is retried for long as if nothing were wrong.
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
    if (!(error instanceof UnknownPairError) && forMs + (performance.now() - startedAt) + pauseMs >= SOON_MS) {
      const workflowId = pairWorkflowId(process, type, key);
      const { errorClass, message } = describeError(error);
      // Whether it can be written says nothing of the attempt.
      await writeFailure(orm, process, type, { key, errorClass, message, attempts, workflowId }).catch(() => undefined);
    }
    throw error;
  }
}
