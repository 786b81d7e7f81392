import { writeDeliveries } from '../database/records/write-deliveries.ts';
import { writeFailure } from '../database/records/write-failure.ts';
import type { Delivery } from '../sync/delivery.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { ErrorClass } from '../sync/error-class.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { pairWorkflowId } from '../sync/workflow-ids.ts';
import type { Dependencies } from './dependencies.ts';

export interface RecordInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly delivery: Delivery;
}

/** Writes the result of a pass. Retried separately, so that a short database failure does not send a change twice. */
export async function record({ orm }: Dependencies, { process, type, delivery }: RecordInput): Promise<void> {
  const workflowId = pairWorkflowId(process, type, delivery.key);
  await writeDeliveries(orm, process, type, [{ ...delivery, workflowId }]);
}

export interface RecordFailureInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
  readonly errorClass: ErrorClass;
  readonly message: string;
  /** The reason, as {@link failureCode} takes it; left out by workflows of an older release. */
  readonly code?: string;
  readonly attempts: number;
}

/** Records that a pair keeps failing while its retries continue. */
export async function recordFailure({ orm }: Dependencies, input: RecordFailureInput): Promise<void> {
  const { process, type, key, errorClass, code, message, attempts } = input;
  const workflowId = pairWorkflowId(process, type, key);
  await writeFailure(orm, process, type, { key, errorClass, code, message, attempts, workflowId });
}
