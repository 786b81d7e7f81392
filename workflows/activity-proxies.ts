import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { SyncActivities, TargetActivities } from '../activities/index.ts';
import { ATTEMPTS_BEFORE_FAILING } from '../sync/error-class.ts';
import { SYNC_TASK_QUEUE, targetTaskQueue } from '../sync/workflow-ids.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';

/**
 * Database activities of a pair. They are local, because a result takes a millisecond to write, and a task of its own would add
 * a third to the cost of the child. If the worker dies, another one writes it. 30 s: longer means a lost connection. Pauses
 * above 5 s become timers, because a task that is kept open fills the history. After eight attempts, some two minutes, the
 * workflow says that it cannot write, and goes on: a retry that nobody sees would look like work in progress.
 */
export const recordActivities = proxyLocalActivities<Pick<SyncActivities, 'record'>>({
  startToCloseTimeout: '30 seconds',
  localRetryThreshold: '5 seconds',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    maximumAttempts: 8,
    // What the database refuses it refuses again: the workflow tells it.
    nonRetryableErrorTypes: ['bug'],
  },
});

/**
 * Notes of failures. Few attempts: while the database is away nothing can be noted there, and the workflow must get on to say it
 * in Temporal.
 */
export const failureActivities = proxyLocalActivities<Pick<SyncActivities, 'recordFailure' | 'recordUnresolved'>>({
  startToCloseTimeout: '30 seconds',
  localRetryThreshold: '5 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumAttempts: 3, nonRetryableErrorTypes: ['bug'] },
});

/**
 * A worker that sends no heartbeat for this long has died, and the activity goes to another. Much shorter than the activity's
 * own limit: a sweep must not wait two minutes for a worker that was killed.
 */
const HEARTBEAT_TIMEOUT = '30 seconds';

/**
 * Database activities of a sweep. Their total time is bounded, because the schedule skips the next sweeps while one waits. 2 min:
 * the full comparison of a large table.
 */
export const sweepActivities = proxyActivities<Pick<SyncActivities, 'planSweep' | 'findDue' | 'findGone'>>({
  taskQueue: SYNC_TASK_QUEUE,
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  scheduleToCloseTimeout: '10 minutes',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    // The sweep says so, and goes on with its other types.
    nonRetryableErrorTypes: ['bug'],
  },
});

/** Bounded like the other activities of a sweep; 30 s covers the HTTP time limit. */
export const probeActivities = (process: SyncProcessName) =>
  proxyActivities<Pick<TargetActivities, 'probeTarget'>>({
    taskQueue: targetTaskQueue(process),
    startToCloseTimeout: '30 seconds',
    scheduleToCloseTimeout: '2 minutes',
  });

/** What the attempts at one pair call: either half of a pass. */
export type PairActivities = Pick<TargetActivities, 'deliver' | 'absorb'>;

/** 3 min: time to be gathered, to get its locks, and for a bulk call and what follows it, each within the HTTP time limit. */
const ATTEMPT = { startToCloseTimeout: '3 minutes', heartbeatTimeout: HEARTBEAT_TIMEOUT } as const;

/** The first five attempts: 2, 4, 8, 16 s apart. After them the pair counts as failing. */
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
 * Later attempts: at most 10 min apart, for 24 h. Then the workflow fails, and the next sweep starts it again. A new request
 * cancels the back-off; a running attempt is waited for.
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

/** One attempt for a caller who asks while the pair is failing, and is told its result. */
export const oneAttempt = (process: SyncProcessName) =>
  proxyActivities<PairActivities>({
    taskQueue: targetTaskQueue(process),
    ...ATTEMPT,
    summary: 'one attempt that was asked for',
    retry: { maximumAttempts: 1 },
  });

/** Commands of operators: statements in our database and EMS's. Two minutes, then the workflow says so, and goes on for an hour. */
export const commandActivities = proxyActivities<Pick<SyncActivities, 'runCommand'>>({
  taskQueue: SYNC_TASK_QUEUE,
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '2 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/**
 * Reads a page of what has changed at a target. Few attempts, because other lists wait, and the next poll begins at the same
 * place a minute later. 2 min: a page may take several calls.
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

/** Attempts at a remote record that EMS does not know, for a day, as for a pair. */
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

/** From the fifth attempt, or one that was asked for, to the next automatic one: the back-off goes on doubling from 16 s. */
export const PAUSE_AFTER_FAILURE = '32 seconds';
