import type { MetricMeter } from '@temporalio/common';
import type { Logger } from 'pino';
import {
  countInSync,
  countOscillating,
  InSyncCounts,
  readNumbers,
  type Measured,
} from '../database/records/numbers.ts';
import { countListeners } from '../database/notify/listeners.ts';
import type { Orm } from '../database/orm.ts';
import { readPauses } from '../database/records/pauses.ts';

/** Prometheus usually asks every 15 seconds. */
const EVERY_MS = 15_000;

export interface Gauged {
  readonly orm: Orm;
  readonly meter: MetricMeter;
  readonly log: Pick<Logger, 'warn'>;
  readonly processes: readonly Measured[];
}

/**
 * What the database knows, as gauges. Every worker serves the same values, so queries take their maximum. While the
 * database is away they keep their last value, and the ages of successes grow.
 */
export class NumberGauges {
  readonly #gauged: Gauged;
  readonly #inSync = new InSyncCounts();
  readonly #rows;
  readonly #oldest;
  readonly #held;
  readonly #oscillating;
  readonly #paused;
  readonly #listeners;
  readonly #listenersWanted;
  #timer: NodeJS.Timeout | undefined;

  constructor(gauged: Gauged) {
    const { meter } = gauged;
    this.#gauged = gauged;
    this.#rows = meter.createGauge('ems_sync_rows', 'int', undefined, 'rows by state');
    this.#oldest = meter.createGauge('ems_sync_oldest_due_seconds', 'int', undefined, 'how long a row has been due');
    this.#held = meter.createGauge('ems_sync_held', 'int', undefined, 'rows that wait for ems-sync approve');
    this.#oscillating = meter.createGauge('ems_sync_oscillating', 'int', undefined, 'rows that change back and forth');
    this.#paused = meter.createGauge('ems_sync_paused', 'int', undefined, '1: until ems-sync resume');
    this.#listeners = meter.createGauge('ems_sync_listeners', 'int', undefined, 'listeners connected to PostgreSQL');
    this.#listenersWanted = meter.createGauge('ems_sync_listener_wanted', 'int', undefined, '1: EMS notifies one');
  }

  start(): void {
    const look = () => {
      void this.refresh().catch((error: unknown) => {
        this.#gauged.log.warn({ reason: error instanceof Error ? error.name : 'unknown' }, 'metrics are not current');
      });
    };
    look();
    this.#timer = setInterval(look, EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Reads once. */
  async refresh(): Promise<void> {
    const { orm, processes } = this.#gauged;
    const em = orm.em.fork();
    const numbers = await readNumbers(em, processes);
    const inSync = await this.#inSync.get(() => countInSync(em, processes));
    for (const { process, type, due, oldestDueSeconds, waiting, failing, parked, suppressed, held } of numbers) {
      const states = { due, waiting, failing, parked, suppressed, in_sync: inSync.get(`${process}/${type}`) ?? 0 };
      for (const [state, count] of Object.entries(states)) this.#rows.set(count, { process, type, state });
      this.#oldest.set(oldestDueSeconds ?? 0, { process, type });
      this.#held.set(held, { process, type });
    }
    const paused = (await readPauses(em)).map(({ process }) => process);
    const oscillating = await countOscillating(em);
    for (const { name } of processes) {
      this.#paused.set(paused.includes(name) ? 1 : 0, { process: name });
      this.#oscillating.set(oscillating.get(name) ?? 0, { process: name });
    }
    const { connected, wanted } = await countListeners(em);
    this.#listeners.set(connected);
    this.#listenersWanted.set(wanted ? 1 : 0);
  }
}
