import type { Client, WorkflowHandle } from '@temporalio/client';
import { PRIORITY, remoteStartOptions, type RemoteToSync } from '../workflows/pair-start.ts';
import { SYNC_TASK_QUEUE } from '../sync/workflow-ids.ts';
import type { SyncRemoteWorkflow } from '../workflows/sync-remote.ts';

/** Starts resolving a remote record without a row in EMS, unless it is already being resolved. */
export async function requestRemote(client: Client, remote: RemoteToSync): Promise<WorkflowHandle<SyncRemoteWorkflow>> {
  return client.workflow.start<SyncRemoteWorkflow>('syncRemote', {
    ...remoteStartOptions(remote, PRIORITY.onDemand),
    taskQueue: SYNC_TASK_QUEUE,
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [remote],
  });
}
