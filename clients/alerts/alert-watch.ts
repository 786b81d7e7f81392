import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { countListeners } from '../../database/notify/listeners.ts';
import type { Orm } from '../../database/orm.ts';
import { countOscillating, withProgress } from '../../database/records/numbers.ts';
import { TARGETS } from '../../targets/index.ts';
import { OverviewReader } from '../gateway/status-page/read-overview.ts';
import { findAlerts, LATE_SECONDS, type Facts } from './find-alerts.ts';
import { tellAlerts, type Told } from './tell-alerts.ts';

const EVERY_MS = 60_000;
const SEND_WITHIN_MS = 10_000;

export interface AlertWatchOptions {
  readonly orm: Orm;
  readonly temporal: Client;
  readonly log: Pick<Logger, 'warn'>;
  /** The setting ALERT_WEBHOOK_URL. */
  readonly url: string;
  readonly reasonOf: (error: unknown) => string;
}

/** Looks once a minute whether a state has begun or ended, and tells the webhook. It needs no worker. */
export class AlertWatch {
  readonly #options: AlertWatchOptions;
  readonly #reader: OverviewReader;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;

  constructor(options: AlertWatchOptions) {
    this.#options = options;
    this.#reader = new OverviewReader(options);
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.#look().finally(() => {
        this.#running = null;
      });
    }, EVERY_MS);
  }

  /** Waits for a look that has begun. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const { orm, url, log, reasonOf } = this.#options;
    try {
      await tellAlerts(orm, findAlerts(await readFacts(orm, this.#reader, Date.now())), (told) => post(url, told));
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, 'alerts could not be looked for or sent; trying again');
    }
  }
}

/** @param reader of the same database and Temporal. */
export async function readFacts(orm: Orm, reader: OverviewReader, nowMs: number): Promise<Facts> {
  const em = orm.em.fork();
  const overview = await reader.read(nowMs);
  const on = new Set(overview.types.map(({ process }) => process));
  const processes = TARGETS.map(({ process }) => process).filter(({ name }) => on.has(name));
  return {
    ...overview,
    progress: await withProgress(em, processes, LATE_SECONDS.outbound),
    oscillating: await countOscillating(em),
    listeners: await countListeners(em),
  };
}

/** @throws Error if the address does not take it. */
export async function post(url: string, told: Told): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'ems-sync' },
    body: JSON.stringify(told),
    redirect: 'error',
    signal: AbortSignal.timeout(SEND_WITHIN_MS),
  }).catch(() => {
    // Without the cause: its code would be taken for one of PostgreSQL's, and its text may hold the address.
    throw new Error('ALERT_WEBHOOK_URL cannot be reached, or redirects');
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`ALERT_WEBHOOK_URL answered ${answer.status}`);
}
