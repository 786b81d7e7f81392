import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { syncDirectionAttribute, syncProcessAttribute } from '../../workflows/search-attributes.ts';

const DIRECTION = { sweepOutbound: 'outbound', pollInbound: 'inbound' } as const;

/**
 * One sweep or poll, to its end. One that a test before has left running, because it failed, is waited for first: it would
 * otherwise make this test fail as well.
 */
export async function runLoop<Result>(
  temporal: Client,
  workflowType: keyof typeof DIRECTION,
  process: SyncProcessName,
): Promise<Result> {
  const workflowId = `sweep/${process}/${DIRECTION[workflowType]}`;
  const options = {
    workflowId,
    taskQueue: 'sync',
    args: [{ process }],
    // As its schedule sets them.
    typedSearchAttributes: [
      { key: syncProcessAttribute, value: process },
      { key: syncDirectionAttribute, value: DIRECTION[workflowType] },
    ],
  };
  for (;;) {
    try {
      return await temporal.workflow.execute(workflowType, options);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await temporal.workflow
        .getHandle(workflowId)
        .result()
        .catch(() => undefined);
    }
  }
}
