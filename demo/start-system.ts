import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { syncTaskQueue } from '../sync/workflow-ids.ts';
import { applySchedules } from '../clients/schedules.ts';
import { ensureSearchAttributes } from '../clients/search-attributes.ts';
import { connectTemporal } from '../clients/temporal-client.ts';
import { createOrm, type Orm } from '../database/orm.ts';
import { migrate } from '../database/migrate.ts';
import type { Child } from '../local/child-process.ts';
import { tellElapsed } from '../local/elapsed.ts';
import { localFolder } from '../local/folders.ts';
import { freePort } from '../local/free-port.ts';
import { newLogFile } from '../local/log-file.ts';
import { startPostgres } from '../local/postgres.ts';
import { readSettings, type Settings } from '../settings/read-settings.ts';
import { generateFederation, loadFederation, tableOrder } from '../simulators/ems/index.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { type DemoEnvironment, demoEnvironment } from './environment.ts';
import type { DemoOptions } from './options.ts';
import { randomFor } from './random.ts';
import type { RunningTarget } from './simulated-target.ts';
import { SIMULATED_TARGETS } from './simulated-targets.ts';
import { startGateway } from './start-gateway.ts';
import { startProgram } from './start-program.ts';
import { findTemporal } from './start-temporal.ts';

export interface DemoSystem {
  readonly databaseUrl: string;
  readonly environment: DemoEnvironment;
  readonly settings: Settings;
  readonly orm: Orm;
  readonly temporal: Client;
  readonly targets: ReadonlyMap<SyncProcessName, RunningTarget>;
  readonly workersLog: string;
  /** Rejects if a server or the workers end by themselves; never resolves. */
  readonly broken: Promise<never>;
}

export interface StartOptions extends Pick<DemoOptions, 'size' | 'seed' | 'only' | 'temporal'> {
  /** Cron expression of sweeps and polls. Default: every five seconds. */
  readonly sweepCron?: string;
  /** Further settings of all programs, for example of a target that is not simulated here. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The context of starting. */
export interface Starting {
  /** This demo's own folder. */
  readonly runFolder: string;
  /** Stops everything that was started, last first, even if a later step fails. */
  readonly stack: AsyncDisposableStack;
  readonly say: (line: string) => void;
  /** Stops it after the current step. */
  readonly signal: AbortSignal;
}

/**
 * Starts servers, simulated targets and workers, fills the sample EMS, and triggers the sweeps. Reports each step, and
 * again every 15 seconds.
 */
export async function startSystem(options: StartOptions, starting: Starting): Promise<DemoSystem> {
  const { runFolder, stack, say, signal } = starting;
  const step = async <T>(title: string, work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    return tellElapsed(title, say, work);
  };

  const startTemporal = await findTemporal(options.temporal, { say, signal });
  mkdirSync(join(localFolder, 'demo'), { recursive: true });
  const postgres = await step('Starting PostgreSQL', async () => {
    const server = await startPostgres({ folder: join(runFolder, 'postgres'), persistent: false });
    stack.defer(() => server.stop());
    return server;
  });
  const temporal = await step('Starting Temporal', async () => {
    const server = await startTemporal(runFolder, postgres);
    stack.defer(() => server.stop());
    return server;
  });
  const targets = await step('Starting the simulated targets', () => startTargets(options.only, runFolder, stack));

  const databaseUrl = postgres.url('ems');
  const rows = await step(`Making the sample EMS: ${options.size} participants, seed ${options.seed}`, async () => {
    await postgres.createDatabase('ems');
    await migrate({ databaseUrl, withEms: true });
    const now = Temporal.Now.instant().toString();
    const federation = generateFederation({ seed: options.seed, size: options.size, now });
    await loadFederation(databaseUrl, federation);
    return tableOrder.reduce((sum, table) => sum + federation.tables[table].length, 0);
  });

  const gatewayPort = await freePort();
  const demos = demoEnvironment({
    databaseUrl,
    temporalAddress: temporal.address,
    uiUrl: temporal.uiUrl,
    syncKey: randomBytes(32).toString('base64'),
    gatewayPort,
    gatewayToken: randomBytes(32).toString('hex'),
    targets: await settingsOf(targets, `http://127.0.0.1:${gatewayPort}`),
    sweepCron: options.sweepCron,
  });
  const environment = { ...demos, ...options.settings };
  const settings = readSettings(environment);
  const orm = await createOrm({ databaseUrl, poolSize: 2 });
  stack.defer(() => orm.close());
  // Not closed at the end: a request that the SDK is about to repeat would throw from a timer. The process exits anyway.
  const own = await connectTemporal(settings.common, async () => orm);
  const { client } = own;

  const workersLog = newLogFile('workers');
  const { failing } = await step(`${rows} rows are there. Starting the workers and the sweeps`, async () => {
    await ensureSearchAttributes(client);
    const workers = await startProgram({
      name: 'The workers',
      file: 'workers/main.ts',
      environment,
      cwd: runFolder,
      logFile: workersLog,
    });
    stack.defer(() => workers.stop());
    const children = [postgres.process, ...temporal.processes, workers];
    if ([...targets.values()].some((target) => target.addWebhook !== undefined)) {
      const gateway = await startGateway(environment, runFolder, newLogFile('gateway'), signal);
      stack.defer(() => gateway.stop());
      children.push(gateway);
    }
    const failing = firstToBreak(children);
    // Callers see the rejection. Before they wait for it, it must not count as unhandled.
    failing.catch(() => undefined);
    const sample = { databaseUrl, temporal: client, size: options.size, rng: randomFor('prepare', options.seed) };
    for (const target of targets.values()) {
      signal.throwIfAborted();
      await Promise.race([target.prepare?.(sample), failing]);
    }
    const syncQueue = syncTaskQueue((await own.claim()).id);
    for (const { scheduleId } of await applySchedules(client, settings, syncQueue)) {
      // The SDK's default would allow it to run in parallel to the schedule's own sweeps.
      await client.schedule.getHandle(scheduleId).trigger('SKIP');
    }
    // In an object, because an async function would wait for a promise.
    return { failing };
  });
  return { databaseUrl, environment, settings, orm, temporal: client, targets, workersLog, broken: failing };
}

async function startTargets(
  only: readonly SyncProcessName[],
  folder: string,
  stack: AsyncDisposableStack,
): Promise<Map<SyncProcessName, RunningTarget>> {
  const targets = new Map<SyncProcessName, RunningTarget>();
  for (const simulated of SIMULATED_TARGETS.filter(({ process }) => only.includes(process))) {
    const target = await simulated.start(folder);
    stack.defer(() => target.stop());
    targets.set(simulated.process, target);
  }
  return targets;
}

/** Targets create the secrets of their webhooks, and the gateway needs them. So the targets come first. */
async function settingsOf(
  targets: ReadonlyMap<SyncProcessName, RunningTarget>,
  gateway: string,
): Promise<Map<SyncProcessName, DemoEnvironment>> {
  const settings = new Map<SyncProcessName, DemoEnvironment>();
  for (const [name, target] of targets) {
    settings.set(name, { ...target.environment, ...(await target.addWebhook?.(gateway)) });
  }
  return settings;
}

async function firstToBreak(children: readonly Child[]): Promise<never> {
  const { child, end } = await Promise.race(
    children.map(async (child) => {
      const end = await child.ended;
      // We stopped it ourselves.
      return end.asked ? new Promise<never>(() => {}) : { child, end };
    }),
  );
  throw new Error(child.describeEnd(end));
}
