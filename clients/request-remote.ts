import type { Client, WorkflowHandle } from '@temporalio/client';
import { hintedStartOptions, PRIORITY, remoteStartOptions, type RemoteToSync } from '../workflows/pair-start.ts';
import { hintedSignal, type HintedRemote, type ResolveHintedWorkflow } from '../workflows/pair-requests.ts';
import { SYNC_TASK_QUEUE } from '../sync/workflow-ids.ts';
import type { SyncRemoteWorkflow } from '../workflows/sync-remote.ts';

/** Has the process's one workflow for it resolve a remote record that a webhook names and EMS does not know. */
export async function requestHintedRemote(client: Client, { process, ...remote }: RemoteToSync): Promise<void> {
  await client.workflow.signalWithStart<ResolveHintedWorkflow, [HintedRemote]>('resolveHinted', {
    ...hintedStartOptions(process),
    taskQueue: SYNC_TASK_QUEUE,
    args: [{ process, remotes: [] }],
    signal: hintedSignal,
    signalArgs: [remote],
  });
}

/** Starts resolving a remote record without a row in EMS, unless it is already being resolved. */
export async function requestRemote(client: Client, remote: RemoteToSync): Promise<WorkflowHandle<SyncRemoteWorkflow>> {
  return client.workflow.start<SyncRemoteWorkflow>('syncRemote', {
    ...remoteStartOptions(remote, PRIORITY.onDemand),
    taskQueue: SYNC_TASK_QUEUE,
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [remote],
  });
}
