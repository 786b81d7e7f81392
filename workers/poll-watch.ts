import type { WorkerStatus } from '@temporalio/worker';

/** As far as a worker of the SDK is looked at here. */
export interface Polling {
  readonly options: { readonly taskQueue: string };
  getStatus(): Pick<
    WorkerStatus,
    | 'runState'
    | 'workflowPollerState'
    | 'activityPollerState'
    | 'hasOutstandingWorkflowPoll'
    | 'hasOutstandingActivityPoll'
  >;
}

/** A worker polls again at once, whether it got work or not, and also while Temporal is away. */
const SILENT_MS = 120_000;

/** Whether workers still ask for work. It knows only what it has been asked to look at: a probe each few seconds. */
export class PollWatch {
  readonly #workers: readonly Polling[];
  readonly #now: () => number;
  readonly #lastPolled = new Map<Polling, number>();

  /** @param now milliseconds of any clock that only goes forward. */
  constructor(workers: readonly Polling[], now: () => number = () => performance.now()) {
    this.#workers = workers;
    this.#now = now;
    for (const worker of workers) this.#lastPolled.set(worker, now());
  }

  /** The task queues whose worker has failed, or runs without having asked for work for two minutes. */
  stuck(): string[] {
    return this.#workers.filter((worker) => this.#isStuck(worker)).map(({ options }) => options.taskQueue);
  }

  /** The task queues whose worker does not run: it is starting, stopping or broken. */
  idle(): string[] {
    return this.#workers
      .filter((worker) => worker.getStatus().runState !== 'RUNNING')
      .map(({ options }) => options.taskQueue);
  }

  #isStuck(worker: Polling): boolean {
    const status = worker.getStatus();
    const { runState, workflowPollerState, activityPollerState } = status;
    if ([runState, workflowPollerState, activityPollerState].includes('FAILED')) return true;
    const now = this.#now();
    const polls = status.hasOutstandingWorkflowPoll || status.hasOutstandingActivityPoll;
    if (polls || runState !== 'RUNNING') this.#lastPolled.set(worker, now);
    return now - (this.#lastPolled.get(worker) ?? now) > SILENT_MS;
  }
}
