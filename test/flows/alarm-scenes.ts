import { readFacts } from '../../clients/alerts/alert-watch.ts';
import { findAlerts, type Facts } from '../../clients/alerts/find-alerts.ts';
import { tellAlerts } from '../../clients/alerts/tell-alerts.ts';
import { OverviewReader } from '../../clients/gateway/status-page/read-overview.ts';
import { createOrm, type Orm } from '../../database/orm.ts';
import { withProgress } from '../../database/records/numbers.ts';
import { recordTable } from '../../database/table-names.ts';
import { TARGETS } from '../../targets/index.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import { AlertRules, readRules, type Rule } from '../prometheus/alert-rules.ts';
import { readScrape, type Scraped } from '../prometheus/scrape.ts';
import { FIRST_MINUTE, SceneAxis } from '../prometheus/scene-axis.ts';
import { TimeSeries } from '../prometheus/time-series.ts';
import { readNumbersNow } from '../workers/numbers-now.ts';
import { listIsCurrent } from './list-is-current.ts';
import type { System } from './system.ts';
import type { TargetUnderTest } from './simulators.ts';

/** What a minute of a scene brought. */
export interface Lived {
  /** How many minutes go on like this one. Default 1. */
  readonly times?: number;
  /** Everything that runs by a schedule has succeeded in it. Default false. */
  readonly succeeds?: boolean;
}

interface Told {
  readonly minute: number;
  readonly text: string;
}

/**
 * Lives scenes of the real system minute by minute: what its workers serve goes to Prometheus' rules, what its database and
 * Temporal say to the notifier of `ALERT_WEBHOOK_URL`. Between two minutes, the times of records and of alerts are moved
 * back instead of waiting.
 */
export class AlarmScenes {
  readonly axis = new SceneAxis();
  readonly #system: System;
  readonly #orm: Orm;
  readonly #processes: readonly SyncProcess[];
  readonly #metricsUrl: string;
  readonly #told: Told[] = [];
  /** Scene seconds since the last success that reality does not have. */
  #ahead = 0;

  private constructor(
    system: System,
    orm: Orm,
    { processes, metricsUrl }: { processes: readonly SyncProcess[]; metricsUrl: string },
  ) {
    this.#system = system;
    this.#orm = orm;
    this.#processes = processes;
    this.#metricsUrl = metricsUrl;
  }

  /** @param metricsPort of the system's workers. */
  static async start(system: System, targets: readonly TargetUnderTest[], metricsPort: number): Promise<AlarmScenes> {
    const orm = await createOrm({ databaseUrl: system.databaseUrl, poolSize: 3 });
    const processes = TARGETS.map(({ process }) => process).filter(({ name }) => targets.includes(name));
    return new AlarmScenes(system, orm, { processes, metricsUrl: `http://127.0.0.1:${metricsPort}/metrics` });
  }

  async stop(): Promise<void> {
    await this.#orm.close();
  }

  /** The greatest value that the workers serve now with these labels among others; 0 if there is none. */
  async served(name: string, labels: Readonly<Record<string, string>>): Promise<number> {
    const all = [...((await this.#scrapeWorkers())?.values() ?? [])];
    const isMeant = (one: Scraped) =>
      one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value);
    return Math.max(0, ...all.filter(isMeant).map(({ value }) => value));
  }

  /** Names and labels of numbers in the database that the workers do not serve. */
  async unserved(): Promise<readonly string[]> {
    const served = await this.#scrapeWorkers();
    const numbers = await readNumbersNow(this.#orm, this.#processes);
    return [...numbers.keys()].filter((key) => served?.has(key) !== true);
  }

  /** Does something, looks as Prometheus and the gateway do, and lives the minute as often as it says. */
  async minute(act: () => Promise<Lived>): Promise<void> {
    const [{ now } = { now: '' }] = (
      await this.#system.database.query<{ now: string }>('SELECT clock_timestamp()::text AS now')
    ).rows;
    const { times = 1, succeeds = false } = await act();
    const moving = await this.#withoutProgressSince(now);
    this.#ahead = succeeds ? 0 : this.#ahead + 60;
    const workers = await this.#scrapeWorkers();
    const scrape =
      workers === null ? null : new Map([...workers, ...(await readNumbersNow(this.#orm, this.#processes))]);
    const { minute } = this.axis;
    this.axis.add(scrape, Date.now() / 1_000, times);
    await listIsCurrent(this.#system.temporal);
    const reader = new OverviewReader({ orm: this.#orm, temporal: this.#system.temporal });
    const facts = await readFacts(this.#orm, reader, Date.now() + 1_000 * this.#ahead);
    for (let n = 0; n < times; n += 1) {
      await this.#tell(minute + n, await this.#later(facts, succeeds ? 0 : 60 * n));
      await this.#aMinutePasses(moving);
    }
    if (!succeeds) this.#ahead += 60 * (times - 1);
  }

  /** What fired or was pending, and what the notifier sent, from this minute on. */
  since(
    minute: number,
    rules: readonly Rule[] = readRules(),
  ): { readonly rang: readonly string[]; readonly told: readonly string[]; readonly ringing: readonly string[] } {
    const alerts = new AlertRules(rules);
    const store = new TimeSeries();
    for (const { name, labels, points } of this.axis.store.all())
      for (const point of points) store.add(name, labels, point);
    const rang = new Set<string>();
    let ringing: readonly string[] = [];
    for (let at = FIRST_MINUTE; at < this.axis.minute; at += 1) {
      ringing = alerts
        .evaluate(store, 60 * at)
        .filter(({ state }) => state === 'firing')
        .map(({ alert, labels: { process, direction } }) => [alert, process, direction].filter(Boolean).join(' '));
      if (at >= minute) for (const one of ringing) rang.add(one);
    }
    return {
      rang: [...rang].toSorted(),
      told: this.#told.filter((one) => one.minute >= minute).map(({ text }) => text),
      ringing: ringing.toSorted(),
    };
  }

  async #scrapeWorkers(): Promise<ReadonlyMap<string, Scraped> | null> {
    try {
      return readScrape(await (await fetch(this.#metricsUrl)).text());
    } catch {
      return null;
    }
  }

  /** The processes of which no row was brought in step. */
  async #withoutProgressSince(time: string): Promise<readonly SyncProcess[]> {
    const [{ seconds } = { seconds: 0 }] = (
      await this.#system.database.query<{ seconds: number }>(
        'SELECT extract(epoch FROM clock_timestamp() - $1::timestamptz)::float8 AS seconds',
        [time],
      )
    ).rows;
    const moved = await withProgress(this.#orm.em.fork(), this.#processes, seconds);
    return this.#processes.filter(({ name }) => !moved.includes(name));
  }

  /** Rules and notifier ask for the progress of ten minutes. */
  async #aMinutePasses(processes: readonly SyncProcess[]): Promise<void> {
    const { database } = this.#system;
    for (const { name, mappings } of processes) {
      const back = (table: string, column: string) =>
        database.query(
          `UPDATE ${table} SET ${column} = ${column} - interval '1 minute'
           WHERE sync_process = $1 AND ${column} > clock_timestamp() - interval '11 minutes'`,
          [name],
        );
      for (const { type } of mappings) await back(recordTable(type), 'updated_on');
      await back('sync_journal', 'written_on');
    }
    await database.query(
      "UPDATE sync_alert SET since = since - interval '1 minute', seen_on = seen_on - interval '1 minute', told_on = told_on - interval '1 minute'",
    );
    await database.query("UPDATE sync_due SET due_since = due_since - interval '1 minute'");
  }

  async #later(facts: Facts, seconds: number): Promise<Facts> {
    if (seconds === 0) return facts;
    const freshness = facts.freshness.map((one) => ({
      ...one,
      secondsAgo: one.secondsAgo === null ? null : one.secondsAgo + seconds,
    }));
    return { ...facts, freshness, progress: await withProgress(this.#orm.em.fork(), this.#processes, 600) };
  }

  async #tell(minute: number, facts: Facts): Promise<void> {
    await tellAlerts(this.#orm, findAlerts(facts), async ({ process, kind, event }) => {
      this.#told.push({ minute, text: `${process} ${kind} ${event}` });
    });
  }
}
