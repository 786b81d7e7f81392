import { ActivityCancellationType, proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { SyncActivities, TargetActivities } from '../activities/index.ts';
import { ATTEMPTS_BEFORE_FAILING } from '../sync/error-class.ts';
import { targetTaskQueue } from '../sync/workflow-ids.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';

/** The queue of the same installation; activities without a queue of their own use the workflow's. */
const targetQueue = (process: SyncProcessName) => targetTaskQueue(process, workflowInfo().taskQueue);

/**
 * Database activities of a pair. They are local, because writing a result takes a millisecond, and a separate task
 * would increase the child's cost by a third. If the worker dies, another one writes the result. 30 s: longer means a
 * lost connection. Pauses above 5 s become timers, because keeping a task open fills the history. After eight attempts,
 * some two minutes, the workflow reports that it cannot write, and continues: silent retries would look like work in
 * progress.
 */
export const recordActivities = proxyLocalActivities<Pick<SyncActivities, 'record'>>({
  startToCloseTimeout: '30 seconds',
  localRetryThreshold: '5 seconds',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    maximumAttempts: 8,
    // The database would refuse it again, so the workflow reports it.
    nonRetryableErrorTypes: ['bug'],
  },
});

/**
 * Records failures. Few attempts: while the database is unavailable nothing can be recorded, and the workflow must go
 * on and report it in Temporal.
 */
export const failureActivities = proxyLocalActivities<Pick<SyncActivities, 'recordFailure' | 'recordUnresolved'>>({
  startToCloseTimeout: '30 seconds',
  localRetryThreshold: '5 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumAttempts: 3, nonRetryableErrorTypes: ['bug'] },
});

/**
 * A worker without a heartbeat for this long has died, and another one gets the activity. Much shorter than the
 * activity's own limit, because a sweep must not wait two minutes for a killed worker.
 */
const HEARTBEAT_TIMEOUT = '30 seconds';

/**
 * The first plan after a start compares every row of every type, statement by statement: at a million rows that takes
 * minutes, and is begun anew by another worker if this one dies.
 */
export const planActivities = proxyActivities<Pick<SyncActivities, 'planSweep'>>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  scheduleToCloseTimeout: '1 hour',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    nonRetryableErrorTypes: ['bug'],
  },
});

/**
 * Database activities of a sweep. Their total time is limited, because the schedule skips the next sweeps while one
 * waits.
 */
export const sweepActivities = proxyActivities<Pick<SyncActivities, 'findDue' | 'findGone' | 'keepMark'>>({
  startToCloseTimeout: '2 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  scheduleToCloseTimeout: '10 minutes',
  retry: {
    initialInterval: '1 second',
    backoffCoefficient: 2,
    maximumInterval: '1 minute',
    // The sweep reports it and continues with its other types.
    nonRetryableErrorTypes: ['bug'],
  },
});

/** Limited like the other activities of a sweep; 30 s covers the HTTP time limit. */
export const probeActivities = (process: SyncProcessName) =>
  proxyActivities<Pick<TargetActivities, 'probeTarget'>>({
    taskQueue: targetQueue(process),
    startToCloseTimeout: '30 seconds',
    scheduleToCloseTimeout: '2 minutes',
  });

/**
 * A dry run reads what would change, record by record, at the target's rate. The next one begins anew; a target that
 * cannot be read ends this one.
 */
export const shadowActivities = (process: SyncProcessName) =>
  proxyActivities<Pick<TargetActivities, 'shadowRun'>>({
    taskQueue: targetQueue(process),
    startToCloseTimeout: '6 hours',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: { maximumAttempts: 2 },
  });

/** A comparison reads every record, at the target's rate. An attempt that is lost is taken up at its last page. */
export const compareActivities = (process: SyncProcessName) =>
  proxyActivities<Pick<TargetActivities, 'compareTarget'>>({
    taskQueue: targetQueue(process),
    startToCloseTimeout: '12 hours',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: { initialInterval: '1 minute', backoffCoefficient: 2, maximumAttempts: 5 },
  });

/** The activities of an attempt at one pair: either half of a pass. */
export type PairActivities = Pick<TargetActivities, 'deliver' | 'absorb'>;

/**
 * 3 min: time to be gathered and to get locks, then a bulk call and what follows it, each within the HTTP time limit.
 */
const ATTEMPT = { startToCloseTimeout: '3 minutes', heartbeatTimeout: HEARTBEAT_TIMEOUT } as const;

/**
 * A delivery within the workflow's own task. One attempt: what fails goes on in the target's own queue. 1 min: a call takes as
 * long as it may anywhere else, because to cut it off would send it twice; a slow target gets no more of them.
 */
export const inlineActivities = proxyLocalActivities<Pick<SyncActivities, 'deliverInline'>>({
  startToCloseTimeout: '1 minute',
  retry: { maximumAttempts: 1 },
});

/**
 * The first five attempts: 2, 4, 8, 16 s apart. After them the pair is reported as failing.
 *
 * @param made attempts that have been made already.
 */
export const firstAttempts = (process: SyncProcessName, made = 0) =>
  proxyActivities<PairActivities>({
    taskQueue: targetQueue(process),
    ...ATTEMPT,
    summary: 'the first five attempts',
    retry: {
      initialInterval: `${2 ** (made + 1)} seconds`,
      backoffCoefficient: 2,
      maximumAttempts: ATTEMPTS_BEFORE_FAILING - made,
    },
  });

/**
 * Later attempts: at most 10 min apart, for 24 h. Then the workflow fails, and the next sweep starts it again. A new
 * request cancels the back-off, but waits for a running attempt.
 */
export const persistentAttempts = (process: SyncProcessName) =>
  proxyActivities<PairActivities>({
    taskQueue: targetQueue(process),
    ...ATTEMPT,
    scheduleToCloseTimeout: '24 hours',
    summary: 'attempts for a day',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1 minute', backoffCoefficient: 2, maximumInterval: '10 minutes' },
  });

/** One attempt for a caller who asks while the pair is failing, and who gets its result. */
export const oneAttempt = (process: SyncProcessName) =>
  proxyActivities<PairActivities>({
    taskQueue: targetQueue(process),
    ...ATTEMPT,
    summary: 'one attempt that was asked for',
    retry: { maximumAttempts: 1 },
  });

/**
 * A page of rows. 4 min: every step is one statement, but a bulk call may take a minute and a half, and be halved. Few attempts,
 * because after them each row gets its own workflow, with its own retries.
 */
export const pageActivities = (process: SyncProcessName) =>
  proxyActivities<Pick<TargetActivities, 'deliverPage'>>({
    taskQueue: targetQueue(process),
    startToCloseTimeout: '4 minutes',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumAttempts: 4 },
  });

/**
 * Operators' commands: statements in our database and EMS's. After two minutes the workflow reports the problem, and
 * retries for an hour.
 */
export const commandActivities = proxyActivities<Pick<SyncActivities, 'runCommand'>>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '2 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/**
 * Plans a poll, or reads a page of changes at a target. Few attempts, because other lists wait, and the next poll starts at the same
 * place a minute later. 2 min: a page may need several calls.
 *
 * @param made attempts that have been made already.
 */
export const pollActivities = (process: SyncProcessName, made = 0) =>
  proxyActivities<Pick<TargetActivities, 'planPoll' | 'findChanged'>>({
    taskQueue: targetQueue(process),
    startToCloseTimeout: '2 minutes',
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    scheduleToCloseTimeout: '10 minutes',
    retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumAttempts: 3 - made },
  });

export const cursorActivities = proxyActivities<Pick<SyncActivities, 'advanceCursor'>>({
  startToCloseTimeout: '30 seconds',
  scheduleToCloseTimeout: '10 minutes',
});

/** The daily clean-up: short statements, many of them after a long pause. The next day's run continues. */
export const retentionActivities = proxyActivities<Pick<SyncActivities, 'removeExpired'>>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  scheduleToCloseTimeout: '2 hours',
});

/** Attempts at an unknown remote record, for a day, as for a pair. */
export const resolveActivities = (process: SyncProcessName, attempts: 'first' | 'persistent') =>
  proxyActivities<Pick<TargetActivities, 'resolveRemote'>>({
    taskQueue: targetQueue(process),
    startToCloseTimeout: '30 seconds',
    ...(attempts === 'first'
      ? { retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumAttempts: ATTEMPTS_BEFORE_FAILING } }
      : {
          scheduleToCloseTimeout: '24 hours',
          retry: { initialInterval: '32 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
        }),
  });

/**
 * Attempts at an unknown remote record that a webhook names. Few, because others wait behind it, and the next poll goes
 * on with it.
 */
export const hintedActivities = (process: SyncProcessName) =>
  proxyActivities<Pick<TargetActivities, 'resolveRemote'>>({
    taskQueue: targetQueue(process),
    startToCloseTimeout: '30 seconds',
    scheduleToCloseTimeout: '2 minutes',
    retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumAttempts: 3 },
  });

/** From the fifth attempt, or a requested one, to the next automatic one: the back-off continues doubling from 16 s. */
export const PAUSE_AFTER_FAILURE = '32 seconds';
