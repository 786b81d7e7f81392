import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { SyncActivities, TargetActivities } from '../activities/index.ts';
import { ATTEMPTS_BEFORE_FAILING } from '../sync/error-class.ts';
import { SYNC_TASK_QUEUE, targetTaskQueue } from '../sync/workflow-ids.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';

/**
 * Database activities of a pair. Local ones: a result is a statement of a millisecond, and a task of its own for it would cost
 * the server a third of the child. They are retried by themselves, without a cap: a result that was delivered must be
 * written, however long the database is away; a worker that dies before leaves it to the next. 30 s: longer means a
 * lost connection. Pauses above 5 s become timers: a task kept open for them would fill the history.
 */
export const recordActivities = proxyLocalActivities<
  Pick<SyncActivities, 'record' | 'recordFailure' | 'recordUnresolved'>
>({
  startToCloseTimeout: '30 seconds',
  localRetryThreshold: '5 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/**
 * By its heartbeat a worker says that it lives; without one for this long, the activity is given to another. Much shorter than
 * what the work may take: a sweep must not wait two minutes for a worker that was killed.
 */
const HEARTBEAT_TIMEOUT = '30 seconds';

/**
 * Database activities of a sweep. Bounded in all, because a sweep that waits for ever would make its schedule skip the next
 * ones in silence. 2 min: the full comparison of a large table.
 */
export const sweepActivities = proxyActivities<Pick<SyncActivities, 'planSweep' | 'findDue' | 'findGone'>>({
  taskQueue: SYNC_TASK_QUEUE,
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  scheduleToCloseTimeout: '10 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Bounded like the sweep's others; 30 s covers the HTTP time limit. */
export const probeActivities = (process: SyncProcessName) =>
  proxyActivities<Pick<TargetActivities, 'probeTarget'>>({
    taskQueue: targetTaskQueue(process),
    startToCloseTimeout: '30 seconds',
    scheduleToCloseTimeout: '2 minutes',
  });

/** What the attempts at one pair call: either half of a pass. */
export type PairActivities = Pick<TargetActivities, 'deliver' | 'absorb'>;

/** 3 min: to be gathered, to have its locks, and for a bulk call and what follows it, each limited by the HTTP time limit. */
const ATTEMPT = { startToCloseTimeout: '3 minutes', heartbeatTimeout: HEARTBEAT_TIMEOUT } as const;

/** The first attempts of a delivery: 2, 4, 8, 16 s apart, then the pair is said to be failing. */
export const firstAttempts = (process: SyncProcessName) =>
  proxyActivities<PairActivities>({
    taskQueue: targetTaskQueue(process),
    ...ATTEMPT,
    summary: 'the first five attempts',
    retry: {
      initialInterval: '2 seconds',
      backoffCoefficient: 2,
      maximumAttempts: ATTEMPTS_BEFORE_FAILING,
    },
  });

/**
 * The attempts after those: at most 10 min apart, for 24 h; then the workflow ends red and the next sweep starts it again.
 * Cancelled when the pair is asked for again: the back-off ends, a running attempt is waited for.
 */
export const persistentAttempts = (process: SyncProcessName) =>
  proxyActivities<PairActivities>({
    taskQueue: targetTaskQueue(process),
    ...ATTEMPT,
    scheduleToCloseTimeout: '24 hours',
    summary: 'attempts for a day',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1 minute', backoffCoefficient: 2, maximumInterval: '10 minutes' },
  });

/** One attempt, for whoever asks while the pair is failing: they are told its result. */
export const oneAttempt = (process: SyncProcessName) =>
  proxyActivities<PairActivities>({
    taskQueue: targetTaskQueue(process),
    ...ATTEMPT,
    summary: 'one attempt that was asked for',
    retry: { maximumAttempts: 1 },
  });

/** Commands of operators: statements of our database, and of EMS's. Retried like every result. */
export const commandActivities = proxyActivities<Pick<SyncActivities, 'runCommand'>>({
  taskQueue: SYNC_TASK_QUEUE,
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '1 hour',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/**
 * Reading a page of what has changed at a target. Few attempts: the next poll, a minute later, begins again where this one did,
 * and other lists wait. 2 min: a page may be several calls.
 */
export const pollActivities = (process: SyncProcessName) =>
  proxyActivities<Pick<TargetActivities, 'planPoll' | 'findChanged'>>({
    taskQueue: targetTaskQueue(process),
    startToCloseTimeout: '2 minutes',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    scheduleToCloseTimeout: '10 minutes',
    retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumAttempts: 3 },
  });

export const cursorActivities = proxyActivities<Pick<SyncActivities, 'advanceCursor'>>({
  taskQueue: SYNC_TASK_QUEUE,
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '10 minutes',
});

/** Attempts at a remote record that EMS does not know: as at a pair, for a day. */
export const resolveActivities = (process: SyncProcessName, attempts: 'first' | 'persistent') =>
  proxyActivities<Pick<TargetActivities, 'resolveRemote'>>({
    taskQueue: targetTaskQueue(process),
    startToCloseTimeout: '30 seconds',
    ...(attempts === 'first'
      ? { retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumAttempts: ATTEMPTS_BEFORE_FAILING } }
      : {
          scheduleToCloseTimeout: '24 hours',
          retry: { initialInterval: '32 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
        }),
  });

/** Between the fifth attempt, or one that was asked for, and the next that nobody asks for: the doubling goes on from 16 s. */
export const PAUSE_AFTER_FAILURE = '32 seconds';
