import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type Client } from '@temporalio/client';
import pRetry from 'p-retry';
import type { Logger } from 'pino';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { JoinedWork } from '../joined-work.ts';
import { requestSweep, sweepResult, type RequestedSweep } from '../request-sweep.ts';

export interface SweepsOptions {
  readonly temporal: Client;
  readonly log: Logger;
  /** The setting SETTLE_MS. */
  readonly settleMs: number;
  readonly reasonOf: (error: unknown) => string;
  readonly stop: AbortSignal;
}

/** Beyond this, the schedule's own sweep, every minute, is soon enough. */
const SETTLE_AT_MOST_MS = 60_000;

/** The database's clock and ours may differ slightly. */
const SETTLE_MARGIN_MS = 250;

const START_WITHIN_MS = 10_000;
const SWEEP_ENDS_WITHIN_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Outbound sweeps for changes that are not listed row by row: one at a time per process, however often they are
 * requested.
 */
export class Sweeps {
  readonly #options: SweepsOptions;
  readonly #joined = new JoinedWork<void>();

  constructor(options: SweepsOptions) {
    this.#options = options;
  }

  /** Starts a sweep once everything committed by now has settled. Never rejects. */
  async want(process: SyncProcessName, reason: string): Promise<void> {
    const { log, stop, reasonOf } = this.#options;
    try {
      await this.#joined.run(process, () => this.#sweep(process, reason));
    } catch (error) {
      if (!stop.aborted)
        log.error({ process, reason: reasonOf(error) }, 'no sweep could be started; its schedule will');
    }
  }

  async #sweep(process: SyncProcessName, reason: string): Promise<void> {
    const { settleMs, log, stop } = this.#options;
    await sleep(Math.min(settleMs, SETTLE_AT_MOST_MS) + SETTLE_MARGIN_MS, undefined, { signal: stop });
    for (;;) {
      const sweep = await this.#start(process);
      log.info({ process, reason, wasRunning: sweep.wasRunning }, 'a sweep was started to find the changes');
      await this.#ended(sweep);
      // A sweep that was already running may have passed the changed rows.
      if (!sweep.wasRunning) return;
    }
  }

  /** Retries until Temporal is available. */
  async #start(process: SyncProcessName): Promise<RequestedSweep> {
    const { temporal, log, stop, reasonOf } = this.#options;
    return pRetry(
      () => temporal.withDeadline(Date.now() + START_WITHIN_MS, () => requestSweep(temporal, process, 'outbound')),
      {
        retries: Number.POSITIVE_INFINITY,
        maxTimeout: LONGEST_PAUSE_MS,
        randomize: true,
        signal: stop,
        onFailedAttempt: ({ error }) =>
          log.warn({ process, reason: reasonOf(error) }, 'a sweep could not be started; trying again'),
      },
    );
  }

  /** Waits until the sweep has ended, has timed out, or its handle is lost. */
  async #ended(sweep: RequestedSweep): Promise<void> {
    const { temporal, stop, log, reasonOf } = this.#options;
    try {
      await sweepResult(sweep, temporal, SWEEP_ENDS_WITHIN_MS);
    } catch (error) {
      if (stop.aborted || error instanceof WorkflowFailedError) return;
      log.debug({ reason: reasonOf(error) }, 'lost track of a sweep');
    }
  }
}
