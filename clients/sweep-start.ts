import { TypedSearchAttributes } from '@temporalio/common';
import type { Direction, SyncProcessName } from '../sync/sync-process-name.ts';
import { SYNC_TASK_QUEUE, sweepWorkflowId } from '../sync/workflow-ids.ts';
import { PRIORITY } from '../workflows/pair-start.ts';
import { syncDirectionAttribute, syncProcessAttribute } from '../workflows/search-attributes.ts';
import type { PollInput, PollResult } from '../workflows/poll-inbound.ts';
import type { SweepInput, SweepResult } from '../workflows/sweep-outbound.ts';

/** The result of a sweep in either direction. */
export type AnySweepResult = SweepResult | PollResult;

/** The type of a sweep's workflow, for starting it by name. */
export type SweepWorkflow = (input: SweepInput & PollInput) => Promise<AnySweepResult>;

/** The workflow of each direction supported by this release. */
export const SWEEP_WORKFLOWS: Readonly<Partial<Record<Direction, string>>> = {
  outbound: 'sweepOutbound',
  inbound: 'pollInbound',
};

/** The start options of a sweep, the same for its schedule and for operators. */
export function sweepStartOptions(process: SyncProcessName, direction: Direction) {
  return {
    workflowId: sweepWorkflowId(process, direction),
    taskQueue: SYNC_TASK_QUEUE,
    args: [{ process }] as [SweepInput & PollInput],
    staticSummary: direction === 'outbound' ? `${process}: outbound sweep` : `${process}: inbound poll`,
    priority: PRIORITY.sweep,
    typedSearchAttributes: new TypedSearchAttributes([
      { key: syncProcessAttribute, value: process },
      { key: syncDirectionAttribute, value: direction },
    ]),
  };
}
