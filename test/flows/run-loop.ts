import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { syncDirectionAttribute, syncProcessAttribute } from '../../workflows/search-attributes.ts';

const DIRECTION = { sweepOutbound: 'outbound', pollInbound: 'inbound' } as const;

/** Small pages and limits need few rows to show what happens between them. */
export interface SweepOptions {
  /** Rows that a sweep looks at in one page. */
  readonly pageSize?: number;
  /** Children after which it makes a new plan. */
  readonly childrenAtMost?: number;
  /** False: look at what has changed, as a schedule's sweep does. */
  readonly full?: boolean;
}

/**
 * Runs one sweep or poll to its end. If an earlier test failed and left one running, this waits for it first. Otherwise this
 * test would fail as well.
 */
export async function runLoop<Result>(
  temporal: Client,
  workflowType: keyof typeof DIRECTION,
  process: SyncProcessName,
  sweep: SweepOptions = {},
): Promise<Result> {
  const workflowId = `sweep/${process}/${DIRECTION[workflowType]}`;
  const options = {
    workflowId,
    taskQueue: 'sync',
    // Tests change rows with old stamps: compare everything.
    args: [{ process, full: true, ...sweep }],
    // The schedule sets the same.
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
