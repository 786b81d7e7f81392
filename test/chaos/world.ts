import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { applySchedules } from '../../clients/schedules.ts';
import { ensureSearchAttributes } from '../../clients/search-attributes.ts';
import { connectTemporal } from '../../clients/temporal-client.ts';
import { migrate } from '../../database/migrate.ts';
import { installNotify } from '../../database/notify/install-notify.ts';
import { createOrm } from '../../database/orm.ts';
import { demoEnvironment, type DemoEnvironment } from '../../demo/environment.ts';
import { randomFor } from '../../demo/random.ts';
import { makeRunFolder } from '../../demo/run-folder.ts';
import type { RunningTarget } from '../../demo/simulated-target.ts';
import { SIMULATED_TARGETS } from '../../demo/simulated-targets.ts';
import { startReadyProgram } from '../../demo/start-program.ts';
import type { DemoSystem } from '../../demo/start-system.ts';
import { freePort } from '../../local/free-port.ts';
import { newLogFile } from '../../local/log-file.ts';
import { startPostgres } from '../../local/postgres.ts';
import { findTemporalCli } from '../../local/temporal-cli.ts';
import { startTemporal } from '../../local/temporal-server.ts';
import { readSettings } from '../../settings/read-settings.ts';
import { generateFederation, loadFederation } from '../../simulators/ems/index.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { syncTaskQueue } from '../../sync/workflow-ids.ts';
import { CrashableProgram } from './crashable-program.ts';
import type { ChaosOptions } from './options.ts';

/** The whole system, each program of which can be killed and started again. */
export interface World extends DemoSystem {
  /** Where servers and targets keep their data. */
  readonly runFolder: string;
  readonly postgresFolder: () => string;
  readonly programs: Readonly<
    Record<'postgres' | 'temporal' | 'firstWorker' | 'secondWorker' | 'gateway' | 'listener', CrashableProgram>
  >;
}

export interface Starting {
  readonly stack: AsyncDisposableStack;
  readonly say: (line: string) => void;
}

/** Starts five simulated targets, PostgreSQL and Temporal with their data on disk, two workers, gateway and listener. */
export async function startWorld({ seed, size }: ChaosOptions, { stack, say }: Starting): Promise<World> {
  const { promise: broken, reject } = Promise.withResolvers<never>();
  broken.catch(() => undefined);
  const onBroken = (reason: string) => reject(new Error(`a program has ended by itself: ${reason}`));
  const runFolder = makeRunFolder();
  stack.defer(() => rmSync(runFolder, { recursive: true, force: true, maxRetries: 3 }));
  const program = async (name: string, start: ConstructorParameters<typeof CrashableProgram>[1]) => {
    const made = new CrashableProgram(name, start, onBroken);
    await made.start();
    stack.defer(() => made.stop());
    return made;
  };

  const cli = await findTemporalCli({ onProgress: say });
  say('Starting PostgreSQL, Temporal and the simulated targets …');
  const database = { port: await freePort(), folder: '', url: '' };
  stack.defer(() => {
    if (database.folder !== '') rmSync(database.folder, { recursive: true, force: true, maxRetries: 3 });
  });
  const postgres = await program('PostgreSQL', async () => {
    const server = await startPostgres({
      folder: join(runFolder, 'postgres'),
      port: database.port,
      // A crash must not lose what was committed.
      persistent: true,
    });
    database.folder = server.folder;
    if (database.url === '') await server.createDatabase('ems');
    database.url = server.url('ems');
    return server.process;
  });
  const server = { port: await freePort(), address: '' };
  const temporal = await program('Temporal', async () => {
    const dbFile = join(runFolder, 'temporal.db');
    const started = await startTemporal({ cli, dbFile, namespaces: ['default'], port: server.port, ui: false });
    server.address = started.address;
    return started.process;
  });
  const targets = new Map<SyncProcessName, RunningTarget>();
  for (const simulated of SIMULATED_TARGETS) {
    const target = await simulated.start(runFolder);
    stack.defer(() => target.stop());
    targets.set(simulated.process, target);
  }

  await migrate({ databaseUrl: database.url, withEms: true });
  await installNotify(database.url);
  await loadFederation(database.url, generateFederation({ seed, size, now: Temporal.Now.instant().toString() }));
  const gatewayPort = await freePort();
  const listenerPort = await freePort();
  const environment: DemoEnvironment = {
    ...demoEnvironment({
      databaseUrl: database.url,
      temporalAddress: server.address,
      uiUrl: 'http://127.0.0.1',
      syncKey: randomBytes(32).toString('base64'),
      gatewayPort,
      gatewayToken: randomBytes(32).toString('hex'),
      targets: await settingsOf(targets, `http://127.0.0.1:${gatewayPort}`),
    }),
    LISTENER_PORT: String(listenerPort),
  };
  const settings = readSettings(environment);
  const orm = await createOrm({ databaseUrl: database.url, poolSize: 2 });
  stack.defer(() => orm.close());
  const own = await connectTemporal(settings.common, async () => orm);
  await ensureSearchAttributes(own.client);

  say('Starting two workers, the gateway and the listener …');
  const workersLog = newLogFile('workers');
  const ours = (name: string, file: string, port: number, logFile = newLogFile('chaos')) =>
    program(name, () =>
      startReadyProgram(
        { name, file, environment: { ...environment, ...portOf(file, port) }, cwd: runFolder, logFile },
        () => answers(`http://127.0.0.1:${port}/health/live`),
      ),
    );
  const firstWorker = await ours('The first worker', 'workers/main.ts', await freePort(), workersLog);
  const secondWorker = await ours('The second worker', 'workers/main.ts', await freePort(), workersLog);
  const gateway = await ours('The gateway', 'clients/gateway.ts', gatewayPort);
  const listener = await ours('The listener', 'clients/listener.ts', listenerPort);
  const sample = { databaseUrl: database.url, temporal: own.client, size, rng: randomFor('prepare', seed) };
  for (const target of targets.values()) await target.prepare?.(sample);
  const schedules = await applySchedules(own.client, settings, syncTaskQueue((await own.claim()).id));
  for (const { scheduleId } of schedules) await own.client.schedule.getHandle(scheduleId).trigger('SKIP');
  return {
    runFolder,
    postgresFolder: () => database.folder,
    databaseUrl: database.url,
    environment,
    settings,
    orm,
    temporal: own.client,
    targets,
    workersLog,
    broken,
    programs: { postgres, temporal, firstWorker, secondWorker, gateway, listener },
  };
}

const portOf = (file: string, port: number): DemoEnvironment =>
  file.startsWith('workers/') ? { HEALTH_PORT: String(port) } : {};

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

/** Targets create the secrets of their webhooks, and the gateway needs them. */
async function settingsOf(targets: ReadonlyMap<SyncProcessName, RunningTarget>, gateway: string) {
  const settings = new Map<SyncProcessName, DemoEnvironment>();
  for (const [name, target] of targets)
    settings.set(name, { ...target.environment, ...(await target.addWebhook?.(gateway)) });
  return settings;
}
