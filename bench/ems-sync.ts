import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { ensureSearchAttributes } from '../clients/search-attributes.ts';
import { requestSweep } from '../clients/request-sweep.ts';
import { connectTemporal } from '../clients/temporal-client.ts';
import { createOrm, type Orm } from '../database/orm.ts';
import { type DemoEnvironment, demoEnvironment } from '../demo/environment.ts';
import { startReadyProgram } from '../demo/start-program.ts';
import { newLogFile } from '../local/log-file.ts';
import { ensureNamespaces } from '../local/temporal-namespaces.ts';
import { readSettings } from '../settings/read-settings.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { Ground } from './ground.ts';

/** ems-sync for one target, with as many processes of workers. Sweeps run only when they are asked for. */
export interface RunningEmsSync extends AsyncDisposable {
  readonly pids: readonly number[];
  readonly orm: Orm;
  /** May be called again. */
  readonly stop: () => Promise<void>;
  /** One sweep, up to its end. */
  sweep(): Promise<void>;
  /**
   * Sweeps until so many persons are in step.
   *
   * @param change commits what makes them due; the time counts from then on.
   * @returns seconds, up to the last person's commit.
   */
  deliver(size: number, change?: () => Promise<void>): Promise<number>;
}

export interface EmsSyncOptions {
  readonly process: SyncProcessName;
  readonly databaseUrl: string;
  /** Temporal's; made if it is missing. */
  readonly namespace: string;
  readonly target: DemoEnvironment;
  readonly workers: number;
  readonly more?: DemoEnvironment;
}

/** The same for all rounds: with another one, everything that is known would have to be looked at again. */
const SYNC_KEY = randomBytes(32).toString('base64');

/** Once a year, so that no sweep comes between. */
const NEVER = '0 0 1 1 *';

/** Nothing here takes so long, unless it is broken. */
const GIVEN_UP_AFTER_MS = 900_000;

const LOOK_EVERY_MS = 200;

export async function startEmsSync(ground: Ground, options: EmsSyncOptions): Promise<RunningEmsSync> {
  const { process, databaseUrl, namespace } = options;
  const stack = new AsyncDisposableStack();
  const stop = () => stack.disposeAsync();
  try {
    await ensureNamespaces(ground.temporal.address, [namespace]);
    const environment = environmentOf(ground, options);
    const orm = await createOrm({ databaseUrl, poolSize: 2 });
    stack.defer(() => orm.close());
    const own = await connectTemporal(readSettings(environment).common, async () => orm);
    const { client } = own;
    stack.defer(() => client.connection.close());
    await ensureSearchAttributes(client);
    await own.claim();
    const workers = await Promise.all(
      Array.from({ length: options.workers }, () => startWorkers(environment, ground.runFolder)),
    );
    for (const worker of workers) stack.defer(() => worker.stop());
    return {
      pids: workers.map(({ pid }) => pid),
      orm,
      stop,
      sweep: () => sweep({ client, process }),
      deliver: (size, change) => deliver({ client, orm, process }, size, change),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function environmentOf({ temporal }: Ground, options: EmsSyncOptions): DemoEnvironment {
  const { process, databaseUrl, namespace, target, more } = options;
  return {
    ...demoEnvironment({
      databaseUrl,
      temporalAddress: temporal.address,
      uiUrl: temporal.uiUrl,
      syncKey: SYNC_KEY,
      gatewayPort: 0,
      gatewayToken: randomBytes(32).toString('hex'),
      targets: new Map([[process, target]]),
      sweepCron: NEVER,
    }),
    TEMPORAL_NAMESPACE: namespace,
    GATEWAY_PORT: '',
    ...more,
  };
}

/** One process of workers; ready when it resolves. */
export async function startWorkers(environment: DemoEnvironment, cwd: string) {
  const logFile = newLogFile('bench-workers');
  const program = { name: 'The workers', file: 'workers/main.ts', environment, cwd, logFile };
  return startReadyProgram(program, async () => readFileSync(logFile, 'utf8').includes('workers are ready'));
}

interface Swept {
  readonly client: Client;
  readonly orm: Orm;
  readonly process: SyncProcessName;
}

async function deliver({ client, orm, process }: Swept, size: number, change = async () => {}): Promise<number> {
  await change();
  const startedAt = Date.now();
  const ended = new AbortController();
  const sweeps = sweepUntil({ client, process }, ended.signal);
  // Seen where it is awaited; before that it must not count as unhandled.
  sweeps.catch(() => undefined);
  try {
    for (;;) {
      const { delivered, lastAt } = await progress(orm, process, startedAt);
      if (delivered >= size) return (lastAt - startedAt) / 1_000;
      if (Date.now() - startedAt > GIVEN_UP_AFTER_MS)
        throw new Error(`ems-sync has delivered ${delivered} of ${size} persons and makes no end`);
      await Promise.race([sleep(LOOK_EVERY_MS), sweeps]);
    }
  } finally {
    ended.abort();
    await sweeps;
  }
}

/** A sweep after another: one that has met its limit has left rows to the next. */
async function sweepUntil({ client, process }: Pick<Swept, 'client' | 'process'>, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) await sweep({ client, process });
}

async function sweep({ client, process }: Pick<Swept, 'client' | 'process'>): Promise<void> {
  const { handle } = await requestSweep(client, process, 'outbound');
  await handle.result();
}

/** Persons whose delivery has been recorded since then. */
async function progress(orm: Orm, process: SyncProcessName, since: number) {
  const [row] = await orm.em.fork().execute<[{ delivered: string; last: string | null }]>(
    `SELECT count(*) AS delivered, 1000 * extract(epoch FROM max(sr.updated_on)) AS last
     FROM sync_person sr JOIN person e ON e.id = sr.entity_key
     WHERE sr.sync_process = ? AND sr.state = 'IN_SYNC' AND sr.entity_synced_on = e.modified_on
       AND sr.updated_on >= to_timestamp(? / 1000.0)`,
    [process, since],
  );
  return { delivered: Number(row.delivered), lastAt: Number(row.last ?? 0) };
}
