import { TypedSearchAttributes } from '@temporalio/common';
import type { Direction, SyncProcessName } from '../sync/sync-process-name.ts';
import { SYNC_TASK_QUEUE, sweepWorkflowId } from '../sync/workflow-ids.ts';
import { PRIORITY } from '../workflows/pair-start.ts';
import { syncDirectionAttribute, syncProcessAttribute } from '../workflows/search-attributes.ts';
import type { PollInput, PollResult } from '../workflows/poll-inbound.ts';
import type { SweepInput, SweepResult } from '../workflows/sweep-outbound.ts';

/** What a sweep of either direction ends with. */
export type AnySweepResult = SweepResult | PollResult;

/** The type of a sweep's workflow, for whoever starts it by name. */
export type SweepWorkflow = (input: SweepInput & PollInput) => Promise<AnySweepResult>;

/** The workflow of each direction that this release has. */
export const SWEEP_WORKFLOWS: Readonly<Partial<Record<Direction, string>>> = {
  outbound: 'sweepOutbound',
  inbound: 'pollInbound',
};

/** The options with which a sweep is started, by its schedule and by an operator alike. */
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
