import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { waitUntil } from '../wait-until.ts';

/**
 * Waits until Temporal's list of workflows shows everything that happened before this call. The list lags behind, on a busy
 * machine by seconds, but keeps the order. So this starts a workflow that no worker takes, and waits until it is listed.
 */
export async function listIsCurrent(temporal: Client): Promise<void> {
  const workflowId = `marker/${randomUUID()}`;
  // It stays open: to end it would cost the server as much again, and every query of the tests leaves it out.
  await temporal.workflow.start('marker', { workflowId, taskQueue: 'nobody' });
  await waitUntil({ what: 'the marker in the list of workflows', pauseMs: 10 }, async () => {
    const { count } = await temporal.workflow.count(`WorkflowId = "${workflowId}"`);
    return count === 1;
  });
}
