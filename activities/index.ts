import { Context } from '@temporalio/activity';
import { absorb, type AbsorbInput } from './absorb.ts';
import { carryOutOrder, type OrderInput } from './carry-out-order.ts';
import { deliver, type DeliverInput } from './deliver.ts';
import type { Dependencies } from './dependencies.ts';
import { advance, findChanged, type AdvanceInput, type FindChangedInput } from './find-changed.ts';
import { findDue, findGone, type FindInput } from './find-due.ts';
import { planPoll } from './plan-poll.ts';
import { planSweep } from './plan-sweep.ts';
import { probeTarget } from './probe-target.ts';
import { record, recordFailure, type RecordFailureInput, type RecordInput } from './record.ts';
import { resolveRemote, type ResolveInput } from './resolve-remote.ts';
import { recordUnresolved, type RecordUnresolvedInput } from './record-unresolved.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';

/** Activities that only touch our database: task queue `sync`. */
export function createSyncActivities(dependencies: Dependencies) {
  return {
    planSweep: (input: { readonly process: SyncProcessName }) => planSweep(dependencies, input),
    findDue: (input: FindInput) => findDue(dependencies, input),
    findGone: (input: FindInput) => findGone(dependencies, input),
    record: (input: RecordInput) => record(dependencies, input),
    recordFailure: (input: RecordFailureInput) => recordFailure(dependencies, input),
    recordUnresolved: (input: RecordUnresolvedInput) => recordUnresolved(dependencies, input),
    carryOutOrder: (input: OrderInput) => carryOutOrder(dependencies, input),
    advanceCursor: (input: AdvanceInput) => advance(dependencies, input),
  };
}

/** Activities that call a target: task queue `target-<process>`. */
export function createTargetActivities(dependencies: Dependencies) {
  return {
    planPoll: (input: { readonly process: SyncProcessName }) => planPoll(dependencies, input),
    findChanged: (input: FindChangedInput) => findChanged(dependencies, input),
    resolveRemote: (input: ResolveInput) => resolveRemote(dependencies, input),
    absorb: (input: AbsorbInput) => absorb(dependencies, input),
    probeTarget: (input: { readonly process: SyncProcessName }) => probeTarget(dependencies, input),
    deliver: ({ attemptsBefore, ...input }: Omit<DeliverInput, 'attempt'> & { readonly attemptsBefore: number }) =>
      deliver(dependencies, { ...input, attempt: attemptsBefore + Context.current().info.attempt }),
  };
}

export type SyncActivities = ReturnType<typeof createSyncActivities>;
export type TargetActivities = ReturnType<typeof createTargetActivities>;
