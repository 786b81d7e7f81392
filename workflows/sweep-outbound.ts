import {
  continueAsNew,
  isCancellation,
  ParentClosePolicy,
  setCurrentDetails,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { ActivityFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { FoundPage } from '../activities/find-due.ts';
import type { PlannedStep, StoppedStep, SweepStep } from '../activities/plan-sweep.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import type { SyncOutcome } from '../sync/sync-outcome.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { probeActivities, sweepActivities } from './activity-proxies.ts';
import type { SyncEntityWorkflow } from './pair-requests.ts';
import { PRIORITY, pairStartOptions } from './pair-start.ts';
import { runLanes } from './run-lanes.ts';
import { syncOutcomeAttribute } from './search-attributes.ts';
import {
  assertTotalsHold,
  copyTotals,
  describeTotals,
  emptyTotals,
  type SweepTotals,
  type TypeTotals,
} from './sweep-totals.ts';

export interface SweepInput {
  readonly process: SyncProcessName;
  /** Set when a sweep goes on in a new run, with what is left to do. */
  readonly progress?: SweepProgress;
}

interface SweepProgress {
  readonly steps: readonly PlannedStep[];
  readonly after: EntityKey | null;
  readonly totals: SweepTotals;
  readonly started: number;
}

export interface SweepResult {
  /** `complete`; `incomplete`: some type cannot be read, as EMS has lost a column, for example; `target-down`: stopped early; `limit`: so much was due that the next sweep goes on. */
  readonly ended: 'complete' | 'incomplete' | 'target-down' | 'limit';
  /** What is wrong with the target, or with EMS, in an operator's words. */
  readonly reason: string | null;
  readonly totals: SweepTotals;
}

/** Rows looked at in one activity. */
const PAGE_SIZE = 200;

/** A sweep must end, because its schedule skips the next ones while it runs. */
const CHILDREN_PER_SWEEP = 10_000;

/**
 * One outbound sweep of a sync process: entity types in dependency order, for each the pages of what is due, a child
 * workflow for each row; then what is gone, in reverse order.
 */
export async function sweepOutbound({ process, progress }: SweepInput): Promise<SweepResult> {
  const totals = copyTotals(progress?.totals ?? {});
  const steps = progress?.steps ?? (await sweepActivities.planSweep({ process }));
  let started = progress?.started ?? 0;
  let after = progress?.after ?? null;
  const unread: StoppedStep[] = [];

  if (steps.some(({ kind }) => kind !== 'stopped') && progress === undefined) {
    const target = await probeActivities(process).probeTarget({ process });
    if (!target.up) return finish({ ended: 'target-down', reason: target.reason, totals });
  }
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'stopped') continue;
    const counts = (totals[step.type] ??= emptyTotals());
    do {
      const find = step.kind === 'due' ? sweepActivities.findDue : sweepActivities.findGone;
      const { kind: _, atOnce: __, ...looked } = step;
      let page: FoundPage;
      try {
        page = await find({ process, ...looked, after, limit: PAGE_SIZE });
      } catch (error) {
        if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
        // The other types do not wait for it, and the next sweep begins it again.
        unread.push({ kind: 'stopped', type: step.type, reason: error.cause?.message ?? error.message });
        after = null;
        break;
      }
      counts.due += page.keys.length + page.touched;
      counts.touched += page.touched;
      const startedBefore = counts.started;
      const wasPatient = await syncPage(process, step, page.keys, counts);
      started += counts.started - startedBefore;
      setCurrentDetails(describeTotals(totals));
      after = page.next;
      if (!wasPatient) {
        const target = await probeActivities(process).probeTarget({ process });
        if (!target.up) return finish({ ended: 'target-down', reason: target.reason, totals });
      }
      if (started >= CHILDREN_PER_SWEEP) return finish({ ended: 'limit', reason: null, totals });
      if (workflowInfo().continueAsNewSuggested) {
        const left = [...steps.slice(after === null ? index + 1 : index), ...unread];
        await continueAsNew<typeof sweepOutbound>({ process, progress: { steps: left, after, totals, started } });
      }
    } while (after !== null);
  }
  const reason = describeStopped([...steps, ...unread]);
  return finish({ ended: reason === null ? 'complete' : 'incomplete', reason, totals });
}

/** Steps that are left after a sweep went on in a new run end with those that were stopped, so none is lost. */
function describeStopped(steps: readonly PlannedStep[]): string | null {
  const stopped = steps.flatMap((step) => (step.kind === 'stopped' ? [`${step.type} is stopped: ${step.reason}`] : []));
  return stopped.length === 0 ? null : stopped.join('; ');
}

function finish(result: SweepResult): SweepResult {
  assertTotalsHold(result.totals);
  const headline = result.reason === null ? `**${result.ended}**` : `**${result.ended}**: ${result.reason}`;
  const counts =
    result.ended === 'target-down' && Object.keys(result.totals).length === 0 ? '' : describeTotals(result.totals);
  setCurrentDetails(`${headline}\n\n${counts}`);
  upsertSearchAttributes([{ key: syncOutcomeAttribute, value: OUTCOMES[result.ended] }]);
  return result;
}

const OUTCOMES = {
  complete: 'IN_SYNC',
  incomplete: 'FAILING',
  'target-down': 'FAILING',
  limit: 'PENDING',
} as const satisfies Record<SweepResult['ended'], SyncOutcome>;

/** A child for each key. @returns false if patience ran out with some child. */
function syncPage(
  process: SyncProcessName,
  { type, atOnce }: SweepStep,
  keys: readonly EntityKey[],
  counts: TypeTotals,
): Promise<boolean> {
  return runLanes(
    keys,
    async (key) => {
      const child = await startPair({ process, type, key });
      if (child === null) {
        counts.busy += 1;
        return null;
      }
      counts.started += 1;
      return { end: outcomeOfChild(child) };
    },
    (outcome) => {
      counts[outcome] += 1;
    },
    atOnce,
  );
}

/** Null: the pair's workflow is running already. It is not signalled: it may be stuck, and the next sweep finds the row again. */
async function startPair(pair: {
  process: SyncProcessName;
  type: SweepStep['type'];
  key: EntityKey;
}): Promise<ChildWorkflowHandle<SyncEntityWorkflow> | null> {
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
      case 'PENDING':
      case 'UNLINKED':
      case 'NOTHING':
        return 'other';
    }
  } catch {
    return 'failed';
  }
}
