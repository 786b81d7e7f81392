import type { DataConverter } from '@temporalio/common';
import {
  Runtime,
  Worker,
  type NativeConnection,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { createSyncActivities, createTargetActivities } from '../activities/index.ts';
import type { Dependencies } from '../activities/dependencies.ts';
import { ErrorMapping } from '../activities/error-mapping.ts';
import { CallPlaces } from '../activities/call-places.ts';
import { SharedPlaces } from './shared-places.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { CountedResults } from './own-metrics.ts';
import type { SyncProcess } from '../targets/sync-process.ts';
import type { Tracing } from './tracing.ts';
import { targetTaskQueue } from '../sync/workflow-ids.ts';

export interface WorkersOptions {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** The queue of workflows; those of targets follow from it. */
  readonly syncQueue: string;
  readonly dependencies: Dependencies;
  readonly workflowBundle: WorkflowBundleOption;
  readonly dataConverter: DataConverter;
  /** Null: none. */
  readonly tracing?: Tracing | null;
}

/**
 * A stopped worker finishes its calls; the SDK's default aborts them at once. A bulk call may take longer; then another
 * worker repeats it.
 */
const SHUTDOWN_GRACE = '20 seconds';

/** Deliveries that wait in one worker to be gathered: as many as a sweep's concurrent child workflows. */
const WAITING_AT_ONCE = 200;

/** Concurrent statements; the pool has a few more connections. */
const DATABASE_ACTIVITIES = 20;

/**
 * Deliveries that wait to be gathered use no connection to the target, but a slot of the worker. The remaining slots
 * serve on-demand requests.
 */
function deliveriesAtOnce({ limits: { bulk, concurrentCalls } }: SyncProcess): number {
  return concurrentCalls + (bulk === undefined ? 0 : Math.min(bulk.itemsPerCall, WAITING_AT_ONCE));
}

type Enabled = Pick<Dependencies, 'processes'>;

const inlineProcesses = ({ processes }: Enabled) =>
  [...processes.values()].flatMap(({ process }) => (process.limits.inline === true ? [process] : []));

const inlinePlaces = (enabled: Enabled): ReadonlyMap<SyncProcessName, CallPlaces> =>
  new Map(inlineProcesses(enabled).map(({ name, limits }) => [name, new CallPlaces(limits.concurrentCalls)]));

/** Deliveries within workflow tasks, which must not keep results from being recorded. */
const inlineAtOnce = (enabled: Enabled) =>
  inlineProcesses(enabled).reduce((sum, { limits }) => sum + limits.concurrentCalls, 0);

/** The other half is for deliveries within workflow tasks, which the server does not count; each sweep limits its own. */
const queueRate = ({ limits: { callsPerSecond, inline } }: SyncProcess) =>
  inline === true ? callsPerSecond / 2 : callsPerSecond;

/**
 * Creates one worker for workflows and database activities, and one per target for its calls, so that a slow target
 * delays only its own queue.
 */
export async function createWorkers({
  connection,
  namespace,
  syncQueue,
  dependencies,
  workflowBundle,
  dataConverter,
  tracing = null,
}: WorkersOptions): Promise<Worker[]> {
  const meter = Runtime.instance().metricMeter;
  const common = {
    connection,
    namespace,
    dataConverter,
    shutdownGraceTime: SHUTDOWN_GRACE,
    interceptors: {
      activity: [
        ...(tracing === null ? [] : [tracing.activity]),
        () => ({ inbound: new ErrorMapping() }),
        () => ({ inbound: new CountedResults(meter) }),
      ],
    },
  } satisfies Partial<WorkerOptions>;
  const places = inlinePlaces(dependencies);
  const targets = [...dependencies.processes.values()].map(({ process }) => {
    const shared = places.get(process.name);
    return Worker.create({
      ...common,
      ...(shared === undefined
        ? {}
        : {
            interceptors: {
              activity: [...common.interceptors.activity, () => ({ inbound: new SharedPlaces(shared) })],
            },
          }),
      taskQueue: targetTaskQueue(process.name, syncQueue),
      activities: createTargetActivities(dependencies),
      maxTaskQueueActivitiesPerSecond: queueRate(process),
      maxConcurrentActivityTaskExecutions: deliveriesAtOnce(process),
    });
  });
  const sync = Worker.create({
    ...common,
    taskQueue: syncQueue,
    workflowBundle,
    ...(tracing === null ? {} : { sinks: tracing.sinks }),
    activities: createSyncActivities(dependencies, places),
    maxConcurrentActivityTaskExecutions: DATABASE_ACTIVITIES,
    maxConcurrentLocalActivityExecutions: DATABASE_ACTIVITIES + inlineAtOnce(dependencies),
  });
  return Promise.all([sync, ...targets]);
}
