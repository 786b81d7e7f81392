import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { waitUntil } from '../wait-until.ts';

/**
 * Waits until Temporal's list of workflows shows what has happened before this call. The list lags behind, on a busy machine by
 * seconds, and takes things in their order: a workflow that is started here, and that no worker takes, marks the place.
 */
export async function listIsCurrent(temporal: Client): Promise<void> {
  const workflowId = `marker/${randomUUID()}`;
  const marker = await temporal.workflow.start('marker', { workflowId, taskQueue: 'nobody' });
  await waitUntil({ what: 'the marker in the list of workflows', pauseMs: 10 }, async () => {
    const { count } = await temporal.workflow.count(`WorkflowId = "${workflowId}"`);
    return count === 1;
  });
  await marker.terminate();
}
