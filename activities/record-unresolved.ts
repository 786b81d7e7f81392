import { writeUnresolved } from '../database/records/link-record.ts';
import type { ErrorClass } from '../sync/error-class.ts';
import { remoteWorkflowId } from '../sync/workflow-ids.ts';
import type { Dependencies } from './dependencies.ts';
import type { ResolveInput } from './resolve-remote.ts';

export interface RecordUnresolvedInput extends ResolveInput {
  readonly errorClass: ErrorClass;
  readonly message: string;
  /** As {@link failureCode} takes it; left out by workflows of an older release. */
  readonly code?: string;
}

/** Records that an unknown remote record cannot be read now; the next poll resumes it after its retries end. */
export async function recordUnresolved({ orm }: Dependencies, input: RecordUnresolvedInput): Promise<void> {
  const { process, type, remoteId, errorClass, message } = input;
  await writeUnresolved(orm.em.fork(), {
    process,
    type,
    remoteId,
    base: null,
    state: 'WAITING',
    waitingFor: null,
    sharedWith: null,
    errorClass,
    code: input.code,
    reason: message,
    workflowId: remoteWorkflowId(process, type, remoteId),
  });
}
