import type { Client } from '@temporalio/client';
import { waitUntil } from '../wait-until.ts';

type Time = { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined;

const nanosOf = (time: Time) => BigInt(String(time?.seconds ?? 0)) * 1_000_000_000n + BigInt(time?.nanos ?? 0);

/** Waits until a pending activity of this run has sent a heartbeat: its first comes ten seconds after its start. */
export async function hasHeartbeat(temporal: Client, workflowId: string): Promise<void> {
  await waitUntil({ what: `a heartbeat of an activity of ${workflowId}`, pauseMs: 200 }, async () => {
    const { raw } = await temporal.workflow.getHandle(workflowId).describe();
    return (raw.pendingActivities ?? []).some(
      ({ lastHeartbeatTime, lastStartedTime }) => nanosOf(lastHeartbeatTime) > nanosOf(lastStartedTime),
    );
  });
}
