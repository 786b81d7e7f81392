import {
  continueAsNew,
  isCancellation,
  log,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { ActivityFailure } from '@temporalio/common';
import type { PlannedMark } from '../activities/comparison-state.ts';
import type { FoundPage } from '../activities/find-due.ts';
import type { PagesOfStep, PlannedStep, StoppedStep, SweepStep } from '../activities/plan-sweep.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import { describePlan } from '../sync/shadow.ts';
import type { Plan } from '../sync/plan.ts';
import type { SyncOutcome } from '../sync/sync-outcome.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { planActivities, probeActivities, shadowActivities, sweepActivities } from './activity-proxies.ts';
import { findPageOf, lookAround, Lookout, type LookAround, type PageBounds } from './lookout.ts';
import { InlinePace } from './inline-pace.ts';
import { pauseIn } from './paused.ts';
import { syncOutcomeAttribute } from './search-attributes.ts';
import { reportEnd } from './report-end.ts';
import { assertTotalsHold, copyTotals, describeTotals, emptyTotals, type SweepTotals } from './sweep-totals.ts';
import { PageWindow } from './page-window.ts';
import { pagesOf } from './pair-start.ts';
import { syncRows } from './sync-rows.ts';

export interface SweepInput {
  readonly process: SyncProcessName;
  /** Compare every row, as an operator asks. Absent: what has changed, and a slice of the rest. */
  readonly full?: boolean;
  /** Rows looked at in one activity. Default 200. */
  readonly pageSize?: number;
  /** Children after which it goes on in a new run, with a new plan. Default 10,000. */
  readonly childrenAtMost?: number;
  /** What its former runs have done. */
  readonly totals?: SweepTotals;
  /** Set when a sweep goes on in a new run, with what is left to do. */
  readonly progress?: SweepProgress;
}

interface SweepProgress {
  readonly steps: readonly PlannedStep[];
  readonly after: EntityKey | null;
  readonly totals: SweepTotals;
  readonly started: number;
  readonly mark?: PlannedMark;
  readonly inlinePerSecond?: number;
}

export interface SweepResult {
  /** `complete`; `held`: the brake holds back some of the work; `incomplete`: some type cannot be read, as EMS has lost a column, for example; `target-down`: stopped early; `paused`: an operator has stopped the process; `shadow`: nothing was swept, `plan` tells what would have been. */
  readonly ended: 'complete' | 'held' | 'incomplete' | 'target-down' | 'paused' | 'shadow';
  /** What is wrong with the target, or with EMS, in an operator's words. */
  readonly reason: string | null;
  readonly totals: SweepTotals;
  /** Only in shadow mode. */
  readonly plan?: Plan;
}

const PAGE_SIZE = 200;

/** Pages found by one activity, so that the first connections do not wait for one page after another to be found. */
const PAGES_AT_ONCE = 4;

/**
 * Its schedule skips the next sweeps while one runs, so a long one makes a new plan: what has become due meanwhile is not older than
 * that.
 */
const CHILDREN_PER_SWEEP = 10_000;

/** How a sweep ended, or what is left for its next run. */
type End =
  | Omit<SweepResult, 'totals'>
  /** So much is due that it needs a new plan. */
  | { readonly ended: 'limit' }
  | { readonly ended: 'goes-on'; readonly steps: readonly PlannedStep[]; readonly after: EntityKey | null };

/**
 * One outbound sweep of a sync process: entity types in dependency order, for each the pages of what is due, a child
 * workflow for each row; then what is gone, in reverse order. In a long one, what has become urgent or due meanwhile is looked for
 * beside that.
 */
export async function sweepOutbound({
  process,
  full = false,
  pageSize = PAGE_SIZE,
  childrenAtMost = CHILDREN_PER_SWEEP,
  totals: before = {},
  progress,
}: SweepInput): Promise<SweepResult> {
  const totals = copyTotals(progress?.totals ?? before);
  let steps: readonly PlannedStep[];
  try {
    steps = progress?.steps ?? (await planActivities.planSweep({ process, full }));
  } catch (error) {
    return finish(process, { ...endOfPaused(error), totals });
  }
  if (steps.some((step) => step.kind === 'stopped' && step.isShadow === true))
    return finish(process, await dryRun(process));
  const mark = progress?.mark ?? markOf(steps);
  const unread: StoppedStep[] = [];
  let started = progress?.started ?? 0;
  const pace = new InlinePace(progress?.inlinePerSecond);
  let ahead: readonly PlannedStep[] = steps;
  let at: LookAround['at'] = null;
  const lookout = new Lookout((looks) =>
    lookAround({
      process,
      full,
      looks,
      ahead,
      at,
      deliver: deliverPage,
      isEnough: () => started >= childrenAtMost,
    }),
  );
  let end: End;
  try {
    end = await sweep();
  } catch (error) {
    end = endOfPaused(error);
  } finally {
    await lookout.stop();
  }
  const same = { process, full, pageSize, childrenAtMost };
  if (end.ended === 'limit') return continueAsNew<typeof sweepOutbound>({ ...same, totals });
  if (end.ended === 'goes-on') {
    const { steps: left, after } = end;
    const marked = mark === undefined ? {} : { mark };
    return continueAsNew<typeof sweepOutbound>({
      ...same,
      progress: { steps: left, after, totals, started, inlinePerSecond: pace.perSecond, ...marked },
    });
  }
  if (mark !== undefined && (end.ended === 'complete' || end.ended === 'incomplete')) {
    const except = [...steps, ...unread].flatMap((step) => (step.kind === 'stopped' ? [step.type] : []));
    await sweepActivities.keepMark({ process, mark, except });
  }
  return finish(process, { ...end, totals });

  async function sweep(): Promise<End> {
    const [begun] = progress === undefined ? steps.filter((step) => step.kind !== 'stopped') : [];
    let probing = begun === undefined ? null : probeActivities(process).probeTarget({ process });
    // A load in pages is found meanwhile. For a few rows, a target that is down costs nothing else.
    if (probing !== null && begun?.pages === undefined) {
      const target = await probing;
      if (!target.up) return { ended: 'target-down', reason: target.reason };
      probing = null;
      pace.perSecond = target.inlinePerSecond ?? 0;
    }
    let after = progress?.after ?? null;
    for (const [index, step] of steps.entries()) {
      if (step.kind === 'stopped') continue;
      ahead = steps.slice(index + 1);
      const window = step.pages === undefined ? null : windowFor(step, step.pages);
      do {
        at = { step, after: window?.oldest === undefined ? after : window.oldest };
        const [page, target] = await Promise.all([findPage(step, { after, limit: rowsToFind(step) }), probing]);
        probing = null;
        if (target?.up === false) return { ended: 'target-down', reason: target.reason };
        pace.perSecond = target?.inlinePerSecond ?? pace.perSecond;
        if (page === null) {
          await window?.drain();
          after = null;
          break;
        }
        if (page.keys.length > 0) lookout.start();
        const wasPatient =
          window === null ? await deliverPage(step, page) : await flyPage(step, page, { after, window });
        after = page.next;
        const isOver = started >= childrenAtMost || workflowInfo().continueAsNewSuggested;
        if (window !== null && (after === null || isOver || window.stopped !== null)) {
          await window.drain();
          setCurrentDetails(describeTotals(totals));
          if (window.stopped !== null) return window.stopped;
        }
        if (!wasPatient || window?.ranOut === true) {
          const now = await probeActivities(process).probeTarget({ process });
          if (!now.up) return { ended: 'target-down', reason: now.reason };
        }
        if (started >= childrenAtMost) return { ended: 'limit' };
        if (isOver) {
          return { ended: 'goes-on', steps: [...steps.slice(after === null ? index + 1 : index), ...unread], after };
        }
      } while (after !== null);
    }
    const stopped = [...steps, ...unread].filter((step) => step.kind === 'stopped');
    const ended = stopped.some(({ isHeld }) => isHeld !== true) ? 'incomplete' : 'held';
    if (stopped.length === 0) return { ended: 'complete', reason: null };
    for (const step of stopped.filter(({ isHeld }) => isHeld === true)) log.warn(step.reason, { process });
    return { ended, reason: describeStopped(stopped) };
  }

  function rowsToFind({ pages }: SweepStep): number {
    return pages === undefined ? pageSize : pages.rows * PAGES_AT_ONCE;
  }

  /** Null: the type cannot be read. The others do not wait for it, and the next sweep begins it again. */
  async function findPage(step: SweepStep, page: PageBounds): Promise<FoundPage | null> {
    try {
      return await findPageOf(process, step, page);
    } catch (error) {
      if (!(error instanceof ActivityFailure) || isCancellation(error) || pauseIn(error) !== null) throw error;
      unread.push({ kind: 'stopped', type: step.type, reason: error.cause?.message ?? error.message });
      return null;
    }
  }

  function windowFor({ type }: SweepStep, { atOnce }: PagesOfStep): PageWindow {
    return new PageWindow({
      atOnce,
      counts: (totals[type] ??= emptyTotals()),
      onStarted: (children) => {
        started += children;
      },
    });
  }

  /** A child for each bulk call of the page's rows. It waits for places only, so that calls overlap. */
  async function flyPage(
    step: SweepStep,
    page: FoundPage,
    { after, window }: { readonly after: EntityKey | null; readonly window: PageWindow },
  ): Promise<boolean> {
    const { type, atOnce, pages } = step;
    const counts = (totals[type] ??= emptyTotals());
    counts.due += page.touched;
    counts.touched += page.touched;
    const more = atOnce === undefined ? {} : { atOnce };
    // All at once: each start by itself would be a workflow task of the sweep.
    await Promise.all(
      pagesOf(page.keys, pages?.rows ?? PAGE_SIZE).map((keys) => window.start({ process, type, keys, ...more }, after)),
    );
    setCurrentDetails(describeTotals(totals));
    return true;
  }

  /** A child for each row of the page. @returns false if patience ran out with some child. */
  async function deliverPage(step: SweepStep, page: FoundPage): Promise<boolean> {
    const counts = (totals[step.type] ??= emptyTotals());
    counts.due += page.touched;
    counts.touched += page.touched;
    const wasPatient = await syncRows(process, step, page.keys, {
      counts,
      onStarted: () => {
        started += 1;
      },
      inline: () => pace.take(),
    });
    setCurrentDetails(describeTotals(totals));
    return wasPatient;
  }
}

/** @throws the error itself if it is another one. */
function endOfPaused(error: unknown): Omit<SweepResult, 'totals'> {
  const reason = pauseIn(error);
  if (reason === null) throw error;
  return { ended: 'paused', reason };
}

/** In shadow mode: what this sweep, and a poll before it, would do. */
async function dryRun(process: SyncProcessName): Promise<SweepResult> {
  try {
    const plan = await shadowActivities(process).shadowRun({ process });
    return { ended: 'shadow', reason: null, totals: {}, plan };
  } catch (error) {
    if (pauseIn(error) !== null) return { ...endOfPaused(error), totals: {} };
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    return { ended: 'target-down', reason: error.cause?.message ?? error.message, totals: {} };
  }
}

const markOf = (steps: readonly PlannedStep[]): PlannedMark | undefined =>
  steps.flatMap((step) => (step.kind === 'stopped' || step.mark === undefined ? [] : [step.mark]))[0];

/** Steps that are left after a sweep went on in a new run end with those that were stopped, so none is lost. */
function describeStopped(stopped: readonly StoppedStep[]): string {
  return stopped
    .map(({ type, reason, isHeld }) => (isHeld === true ? reason : `${type} is stopped: ${reason}`))
    .join('; ');
}

function finish(process: SyncProcessName, result: SweepResult): SweepResult {
  assertTotalsHold(result.totals);
  reportEnd(process, 'outbound', result.ended);
  const headline = result.reason === null ? `**${result.ended}**` : `**${result.ended}**: ${result.reason}`;
  const counts =
    result.plan !== undefined
      ? describePlan(result.plan)
      : ['target-down', 'paused'].includes(result.ended) && Object.keys(result.totals).length === 0
        ? ''
        : describeTotals(result.totals);
  setCurrentDetails(`${headline}\n\n${counts}`);
  upsertSearchAttributes([{ key: syncOutcomeAttribute, value: OUTCOMES[result.ended] }]);
  return result;
}

const OUTCOMES = {
  complete: 'IN_SYNC',
  held: 'PENDING',
  incomplete: 'FAILING',
  'target-down': 'FAILING',
  paused: 'PAUSED',
  shadow: 'NOTHING',
} as const satisfies Record<SweepResult['ended'], SyncOutcome>;
