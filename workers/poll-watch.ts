import type { WorkerStatus } from '@temporalio/worker';

/** The part of an SDK worker that is used here. */
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

/** A worker polls again at once, whether it got work or not, and also while Temporal is unavailable. */
const SILENT_MS = 120_000;

/** Checks whether workers still poll for work. It only learns from being asked, by a probe every few seconds. */
export class PollWatch {
  readonly #workers: readonly Polling[];
  readonly #now: () => number;
  readonly #lastPolled = new Map<Polling, number>();

  /** @param now milliseconds of any monotonic clock. */
  constructor(workers: readonly Polling[], now: () => number = () => performance.now()) {
    this.#workers = workers;
    this.#now = now;
    for (const worker of workers) this.#lastPolled.set(worker, now());
  }

  /** The task queues whose worker has failed, or has not polled for two minutes. */
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
