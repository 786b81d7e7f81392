import { ParentClosePolicy, startChild, type ChildWorkflowHandle } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { SweepStep } from '../activities/plan-sweep.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { SyncEntityInput, SyncEntityWorkflow } from './pair-requests.ts';
import { PRIORITY, pairStartOptions } from './pair-start.ts';
import { runLanes } from './run-lanes.ts';
import type { TypeTotals } from './sweep-totals.ts';

/** A child for each key. @returns false if patience ran out with some child. */
export function syncRows(
  process: SyncProcessName,
  { type, atOnce }: Pick<SweepStep, 'type' | 'atOnce'>,
  keys: readonly EntityKey[],
  {
    counts,
    onStarted,
    inline = () => false,
  }: {
    readonly counts: TypeTotals;
    readonly onStarted: () => void;
    /** Whether the next child may deliver within its own workflow task. */
    readonly inline?: () => boolean;
  },
): Promise<boolean> {
  return runLanes(
    keys,
    async (key) => {
      const child = await startPair({ process, type, key, ...(inline() ? { inline: true } : {}) });
      counts.due += 1;
      if (child === null) {
        counts.busy += 1;
        return null;
      }
      counts.started += 1;
      onStarted();
      return { end: outcomeOfChild(child) };
    },
    (outcome) => {
      counts[outcome] += 1;
    },
    atOnce,
  );
}

/** Null: the pair's workflow is running already. It is not signalled: it may be stuck, and the next sweep finds the row again. */
async function startPair(
  pair: Omit<SyncEntityInput, 'requests'>,
): Promise<ChildWorkflowHandle<SyncEntityWorkflow> | null> {
  try {
    return await startChild<SyncEntityWorkflow>('syncEntity', {
      ...pairStartOptions(pair, 'outbound', PRIORITY.sweep),
      args: [{ ...pair, requests: ['outbound'] }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
    throw error;
  }
}

/** Never rejects: a failed child is counted, and the next sweep starts it again. */
async function outcomeOfChild(
  child: ChildWorkflowHandle<SyncEntityWorkflow>,
): Promise<'inSync' | 'removed' | 'shared' | 'waiting' | 'parked' | 'suppressed' | 'other' | 'failed'> {
  try {
    const { outcome } = await child.result();
    switch (outcome) {
      case 'IN_SYNC':
        return 'inSync';
      case 'REMOVED':
        return 'removed';
      case 'SHARED':
        return 'shared';
      case 'WAITING':
        return 'waiting';
      case 'PARKED':
        return 'parked';
      case 'SUPPRESSED':
      case 'ERASED':
        return 'suppressed';
      case 'FAILING':
        return 'failed';
      case 'PAUSED':
      case 'PENDING':
      case 'UNLINKED':
      case 'NOTHING':
        return 'other';
    }
  } catch {
    return 'failed';
  }
}
