import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { google, temporal as proto } from '@temporalio/proto';
import { waitUntil } from '../wait-until.ts';

/** Nanoseconds since 1970; 0: never. */
const nanosOf = (time: google.protobuf.ITimestamp | null | undefined): bigint =>
  BigInt(time?.seconds?.toString() ?? 0) * 1_000_000_000n + BigInt(time?.nanos ?? 0);

/** Waits until a pending activity of this run has sent a heartbeat: its first comes ten seconds after its start. */
export async function hasHeartbeat(temporal: Client, workflowId: string): Promise<void> {
  await waitUntil({ what: `a heartbeat of an activity of ${workflowId}`, pauseMs: 200 }, async () => {
    const { raw } = await temporal.workflow.getHandle(workflowId).describe();
    return (raw.pendingActivities ?? []).some(
      ({ lastHeartbeatTime, lastStartedTime }) => nanosOf(lastHeartbeatTime) > nanosOf(lastStartedTime),
    );
  });
}

/** For a call that waits for a task, which is there. */
const WITHIN_MS = 60_000;

/** Starts a run with an activity that does not end and has told this text in a heartbeat. Plays the worker itself. */
export async function plantHeartbeat(client: Client, workflowId: string, text: string): Promise<void> {
  const service = client.workflowService;
  const common = { namespace: client.options.namespace, identity: 'test' };
  const taskQueue = { name: workflowId };
  await client.workflow.start('marker', { workflowId, taskQueue: workflowId });
  await client.withDeadline(Date.now() + WITHIN_MS, async () => {
    const { taskToken: task } = await service.pollWorkflowTaskQueue({ ...common, taskQueue });
    const limit = google.protobuf.Duration.fromObject({ seconds: 60 });
    const activity = {
      activityId: '1',
      activityType: { name: 'marker' },
      taskQueue,
      scheduleToCloseTimeout: limit,
      heartbeatTimeout: limit,
    };
    const commandType = proto.api.enums.v1.CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK;
    const commands = [{ commandType, scheduleActivityTaskCommandAttributes: activity }];
    await service.respondWorkflowTaskCompleted({ ...common, taskToken: task, commands });
    const { taskToken } = await service.pollActivityTaskQueue({ ...common, taskQueue });
    const details = { payloads: [defaultPayloadConverter.toPayload({ of: text })] };
    await service.recordActivityTaskHeartbeat({ ...common, taskToken, details });
  });
}
