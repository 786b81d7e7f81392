import type { Connection } from '@temporalio/client';
import { waitUntil } from './wait-until.ts';

/** Registers a namespace for a test and waits until the server accepts work for it. */
export async function registerNamespace(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  await waitUntil({ what: `namespace ${namespace} usable`, pauseMs: 100 }, () =>
    listWorkflows(connection, namespace).then(
      () => true,
      () => false,
    ),
  );
}

const listWorkflows = (connection: Connection, namespace: string) =>
  connection.workflowService.listWorkflowExecutions({ namespace, pageSize: 1 });
