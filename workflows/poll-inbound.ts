import {
  continueAsNew,
  isCancellation,
  log,
  ParentClosePolicy,
  patched,
  setCurrentDetails,
  sleep,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { ActivityFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { ChangedPage } from '../activities/changed-page.ts';
import type { PollStep } from '../activities/plan-poll.ts';
import type { EntityRef, EntityType } from '../sync/entity-type.ts';
import { SHADOW } from '../sync/shadow.ts';
import type { SyncOutcome } from '../sync/sync-outcome.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { cursorActivities, pollActivities, probeActivities } from './activity-proxies.ts';
import { signalRunning } from './ask-pair.ts';
import type { SyncEntityWorkflow } from './pair-requests.ts';
import { pairStartOptions, PRIORITY, remoteStartOptions, type RemoteToSync } from './pair-start.ts';
import { pauseIn } from './paused.ts';
import { reportEnd } from './report-end.ts';
import { runLanes } from './run-lanes.ts';
import { syncOutcomeAttribute } from './search-attributes.ts';
import type { SyncRemoteWorkflow } from './sync-remote.ts';

export interface PollInput {
  readonly process: SyncProcessName;
  /** Set when a poll continues in a new run, with the remaining work. */
  readonly progress?: PollProgress;
}

interface PollProgress {
  readonly steps: readonly PollStep[];
  readonly page: string | null;
  readonly seenUpTo: string | null;
  /** Why missing records are left alone. */
  readonly held?: readonly string[];
  readonly totals: PollTotals;
  readonly started: number;
}

/** A poll's counts for one type. */
export interface PollCounts {
  /** Remote records in the lists. */
  listed: number;
  /** Pairs with changes. */
  changed: number;
  /** Remote records unknown to EMS. */
  unknown: number;
  malformed: number;
  /** Scopes whose list could not be read; their cursor stays. */
  unread: number;
}

export type PollTotals = Partial<Record<EntityType, PollCounts>>;

export interface PollResult {
  /**
   * `complete`; `held`: many remote records are missing at once and are left alone; `unread`: a list could not be read;
   * `target-down`: none was tried; `paused`: an operator has stopped the process; `shadow`: nothing is polled, the sweep tells what would be; `limit`: the next poll continues.
   */
  readonly ended: 'complete' | 'held' | 'unread' | 'target-down' | 'paused' | 'shadow' | 'limit';
  /** The problem, in an operator's words. */
  readonly reason: string | null;
  readonly totals: PollTotals;
}

/** A poll must end, because its schedule skips the next ones while it runs. */
const CHILDREN_PER_POLL = 10_000;

/**
 * One inbound poll of a sync process. It resumes what earlier polls left unfinished, then reads the pages of remote
 * changes for each type and scope, and starts a child workflow for each record. A cursor moves when a child holds every
 * change up to it.
 */
export async function pollInbound({ process, progress }: PollInput): Promise<PollResult> {
  const totals: PollTotals = Object.fromEntries(
    Object.entries(progress?.totals ?? {}).map(([type, counts]) => [type, { ...counts }]),
  );
  let started = progress?.started ?? 0;
  let { page, seenUpTo } = progress ?? { page: null, seenUpTo: null };
  let reason: string | null = null;
  let isShadow = false;
  const held = [...(progress?.held ?? [])];
  let steps: readonly PollStep[] | null;
  try {
    steps = progress?.steps ?? (await begin());
  } catch (error) {
    if (pauseIn(error) === null) throw error;
    return finish(process, { ended: 'paused', reason: pauseIn(error), totals });
  }
  if (steps === null) return finish(process, { ended: 'target-down', reason, totals });
  if (isShadow) return finish(process, { ended: 'shadow', reason: SHADOW, totals });

  for (const [index, step] of steps.entries()) {
    const counts = countsOf(step.type);
    do {
      try {
        const changed = await readPage(step, page);
        counts.listed += changed.listed;
        counts.malformed += changed.malformed;
        if (changed.held != null) {
          log.warn(changed.held, { process, ...listOf(step) });
          held.push(changed.held);
        }
        await syncAll(changed.pairs, changed.unknown);
        page = changed.next;
        seenUpTo = later(seenUpTo, changed.seenUpTo);
      } catch (error) {
        if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
        if (pauseIn(error) !== null) return finish(process, { ended: 'paused', reason: pauseIn(error), totals });
        reason = `${step.type} of ${step.scope}: ${error.cause?.message ?? error.message}`;
        counts.unread += 1;
        [page, seenUpTo] = [null, null];
        break;
      }
      setCurrentDetails(describe(totals));
      if (page === null && seenUpTo !== null) {
        await cursorActivities.advanceCursor({ process, ...listOf(step), seenUpTo });
        seenUpTo = null;
      }
      if (started >= CHILDREN_PER_POLL) return finish(process, { ended: 'limit', reason, totals });
      if (workflowInfo().continueAsNewSuggested) {
        const left = steps.slice(page === null ? index + 1 : index);
        await continueAsNew<typeof pollInbound>({
          process,
          progress: { steps: left, page, seenUpTo, held, totals, started },
        });
      }
    } while (page !== null);
  }
  if (reason !== null) return finish(process, { ended: 'unread', reason: [reason, ...held].join('; '), totals });
  return finish(process, { ended: held.length > 0 ? 'held' : 'complete', reason: held.join('; ') || null, totals });

  /** Null: the target is down. What it returned before is kept. */
  async function begin(): Promise<readonly PollStep[] | null> {
    const target = await probeActivities(process).probeTarget({ process });
    if (!target.up) {
      ({ reason } = target);
      return null;
    }
    const plan = await pollActivities(process).planPoll({ process });
    isShadow = plan.isShadow === true;
    await syncAll(plan.unfinishedPairs, plan.unfinishedRemotes, { signal: false });
    return plan.steps;
  }

  /** The first page comes with the plan, if that has read it. */
  async function readPage(step: PollStep, after: string | null): Promise<ChangedPage> {
    // Old and new workers may take turns while they are replaced, and old ones read every page anew.
    const isRead = after === null && (step.first ?? step.failed) !== undefined && patched('first pages');
    if (isRead && step.first !== undefined) return step.first;
    const failed = isRead ? step.failed : undefined;
    if (failed !== undefined) await sleep(failed.pauseMs);
    const made = failed === undefined ? 0 : 1;
    return pollActivities(process, made).findChanged({ process, ...listOf(step), page: after });
  }

  /**
   * @param signal whether a running pair is signalled. Not for unfinished work, because a signal would end its
   * back-off.
   */
  async function syncAll(
    pairs: readonly EntityRef[],
    remotes: readonly Omit<RemoteToSync, 'process'>[],
    { signal } = { signal: true },
  ): Promise<void> {
    for (const { type } of pairs) countsOf(type).changed += 1;
    for (const { type } of remotes) countsOf(type).unknown += 1;
    const starts = [
      ...pairs.map((pair) => ({ type: pair.type, start: () => startPair(process, pair, signal) })),
      ...remotes.map((remote) => ({ type: remote.type, start: () => startRemote({ process, ...remote }) })),
    ];
    await runLanes(
      starts,
      async ({ type, start }) => {
        const child = await start();
        if (child === null) return null;
        started += 1;
        const ended = () => type;
        return { end: child.result().then(ended, ended) };
      },
      // The child continues on its own; the poll does not count its outcome.
      () => undefined,
    );
  }

  function countsOf(type: EntityType): PollCounts {
    return (totals[type] ??= { listed: 0, changed: 0, unknown: 0, malformed: 0, unread: 0 });
  }
}

const listOf = ({ type, scope }: PollStep) => ({ type, scope });

/** Null: the pair's workflow is already running; if it was signalled, it makes another pass. */
async function startPair(
  process: SyncProcessName,
  ref: EntityRef,
  signal: boolean,
): Promise<ChildWorkflowHandle<SyncEntityWorkflow> | null> {
  const pair = { process, ...ref };
  const options = pairStartOptions(pair, 'inbound', PRIORITY.sweep);
  for (;;) {
    try {
      return await startChild<SyncEntityWorkflow>('syncEntity', {
        ...options,
        args: [{ ...pair, requests: ['inbound'] }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    if (!signal || (await signalRunning(options.workflowId, 'inbound'))) return null;
  }
}

/** Null: it is already being resolved. */
async function startRemote(remote: RemoteToSync): Promise<ChildWorkflowHandle<SyncRemoteWorkflow> | null> {
  try {
    return await startChild<SyncRemoteWorkflow>('syncRemote', {
      ...remoteStartOptions(remote, PRIORITY.sweep),
      args: [remote],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return null;
    throw error;
  }
}

function finish(process: SyncProcessName, result: PollResult): PollResult {
  reportEnd(process, 'inbound', result.ended);
  const headline = result.reason === null ? `**${result.ended}**` : `**${result.ended}**: ${result.reason}`;
  setCurrentDetails(`${headline}\n\n${describe(result.totals)}`);
  upsertSearchAttributes([{ key: syncOutcomeAttribute, value: OUTCOMES[result.ended] }]);
  return result;
}

const OUTCOMES = {
  complete: 'IN_SYNC',
  held: 'FAILING',
  unread: 'FAILING',
  'target-down': 'FAILING',
  paused: 'PAUSED',
  shadow: 'NOTHING',
  limit: 'PENDING',
} as const satisfies Record<PollResult['ended'], SyncOutcome>;

/** Always RFC 3339 in UTC; the number of decimals may differ. */
function later(left: string | null, right: string | null): string | null {
  if (left === null || right === null) return left ?? right;
  return Temporal.Instant.compare(left, right) < 0 ? right : left;
}

/** A Markdown table for the workflow's page in the Web UI. */
function describe(totals: PollTotals): string {
  const rows = Object.entries(totals).map(
    ([type, t]) => `| ${type} | ${t.listed} | ${t.changed} | ${t.unknown} | ${t.malformed} | ${t.unread} |`,
  );
  if (rows.length === 0) return 'Nothing is read.';
  return [
    '| type | listed | changed | unknown | malformed | unread |',
    '| --- | --: | --: | --: | --: | --: |',
    ...rows,
  ].join('\n');
}
