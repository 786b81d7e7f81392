import { Context } from '@temporalio/activity';
import { deliver, type DeliverInput } from './deliver.ts';
import type { Dependencies } from './dependencies.ts';
import { findDue, findGone, type FindInput } from './find-due.ts';
import { planSweep } from './plan-sweep.ts';
import { probeTarget } from './probe-target.ts';
import { record, recordFailure, type RecordFailureInput, type RecordInput } from './record.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';

/** Activities that only touch our database: task queue `sync`. */
export function createSyncActivities(dependencies: Dependencies) {
  return {
    planSweep: (input: { readonly process: SyncProcessName }) => planSweep(dependencies, input),
    findDue: (input: FindInput) => findDue(dependencies, input),
    findGone: (input: FindInput) => findGone(dependencies, input),
    record: (input: RecordInput) => record(dependencies, input),
    recordFailure: (input: RecordFailureInput) => recordFailure(dependencies, input),
  };
}

/** Activities that call a target: task queue `target-<process>`. */
export function createTargetActivities(dependencies: Dependencies) {
  return {
    probeTarget: (input: { readonly process: SyncProcessName }) => probeTarget(dependencies, input),
    deliver: ({ attemptsBefore, ...input }: Omit<DeliverInput, 'attempt'> & { readonly attemptsBefore: number }) =>
      deliver(dependencies, { ...input, attempt: attemptsBefore + Context.current().info.attempt }),
  };
}

export type SyncActivities = ReturnType<typeof createSyncActivities>;
export type TargetActivities = ReturnType<typeof createTargetActivities>;
