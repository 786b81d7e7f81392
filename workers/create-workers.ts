import { Worker, type NativeConnection, type WorkerOptions, type WorkflowBundleOption } from '@temporalio/worker';
import { createSyncActivities, createTargetActivities } from '../activities/index.ts';
import type { Dependencies } from '../activities/dependencies.ts';
import { ErrorMapping } from '../activities/error-mapping.ts';
import { SYNC_TASK_QUEUE, targetTaskQueue } from '../sync/workflow-ids.ts';

export interface WorkersOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly dependencies: Dependencies;
  readonly workflowBundle: WorkflowBundleOption;
}

/** Above the HTTP time limit, so that a worker told to stop finishes its calls; the SDK's default aborts them at once. */
const SHUTDOWN_GRACE = '20 seconds';

/** Statements at once; the pool has a few connections more. */
const DATABASE_ACTIVITIES = 20;

/**
 * One worker for workflows and database activities, and one for each target's calls: a target that is slow holds up only
 * its own queue.
 */
export async function createWorkers({
  connection,
  namespace,
  dependencies,
  workflowBundle,
}: WorkersOptions): Promise<Worker[]> {
  const common = {
    connection,
    namespace,
    shutdownGraceTime: SHUTDOWN_GRACE,
    interceptors: { activity: [() => ({ inbound: new ErrorMapping() })] },
  } satisfies Partial<WorkerOptions>;
  const targets = [...dependencies.processes.values()].map(({ process }) =>
    Worker.create({
      ...common,
      taskQueue: targetTaskQueue(process.name),
      activities: createTargetActivities(dependencies),
      maxTaskQueueActivitiesPerSecond: process.limits.callsPerSecond,
      maxConcurrentActivityTaskExecutions: process.limits.concurrentCalls,
    }),
  );
  const sync = Worker.create({
    ...common,
    taskQueue: SYNC_TASK_QUEUE,
    workflowBundle,
    activities: createSyncActivities(dependencies),
    maxConcurrentActivityTaskExecutions: DATABASE_ACTIVITIES,
    maxConcurrentLocalActivityExecutions: DATABASE_ACTIVITIES,
  });
  return Promise.all([sync, ...targets]);
}
