import { ScheduleNotFoundError, type Client } from '@temporalio/client';
import { sweepWorkflowId, SYNC_TASK_QUEUE } from '../sync/workflow-ids.ts';
import type { Settings } from '../settings/read-settings.ts';

/**
 * The queues of releases without installation ids, while something is left on them: runs that are not finished, or
 * schedules that `ems-sync schedules apply` has not updated. The namespace is claimed, so the work is our own.
 */
export async function formerQueues(client: Client, { enabled }: Settings): Promise<string[]> {
  const { count } = await client.workflow.count(`TaskQueue = '${SYNC_TASK_QUEUE}' AND ExecutionStatus = 'Running'`);
  if (count > 0) return [SYNC_TASK_QUEUE];
  for (const { target } of enabled) {
    for (const direction of target.process.directions) {
      if (await isOnFormerQueue(client, sweepWorkflowId(target.process.name, direction))) return [SYNC_TASK_QUEUE];
    }
  }
  return [];
}

async function isOnFormerQueue(client: Client, scheduleId: string): Promise<boolean> {
  try {
    const { action } = await client.schedule.getHandle(scheduleId).describe();
    return action.taskQueue === SYNC_TASK_QUEUE;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}
