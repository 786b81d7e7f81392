import { Runtime, type Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { gatherSends } from '../activities/gather-sends.ts';
import { ownAccounts } from '../activities/own-account.ts';
import { assertNotPaused, pausable } from '../activities/pause.ts';
import { accountsOf, processesWithOtherAccount } from '../clients/target-accounts.ts';
import { recordNewAccounts } from '../database/records/target-accounts.ts';
import { describeOtherAccount } from '../sync/other-account.ts';
import { OwnInstallation } from '../clients/own-installation.ts';
import { syncTaskQueue } from '../sync/workflow-ids.ts';
import { AdvisoryLocks } from '../database/advisory-locks.ts';
import { closeOrm } from '../database/close-orm.ts';
import { findMissingColumns, formatMissing } from '../database/ems-shape.ts';
import { assertModel } from '../database/model/assert-model.ts';
import { createOrm, type Orm } from '../database/orm.ts';
import { createScratchOrm } from '../database/scratch.ts';
import { tablesWrittenBy } from '../database/scratch-tables.ts';
import { writeProcessStates } from '../database/records/process-states.ts';
import { longestGapSeconds } from '../settings/cron-expression.ts';
import { dataConverterOf } from '../settings/data-converter.ts';
import { STATEMENT_TIMEOUT_MS } from '../database/session.ts';
import { engineSettings } from '../settings/engine-settings.ts';
import { loadEnvironment } from '../settings/load-environment.ts';
import { readSettings, type EnabledTarget, type Settings } from '../settings/read-settings.ts';
import { SettingsError } from '../settings/settings-error.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { SyncProcess } from '../targets/sync-process.ts';
import { typesRead } from '../targets/types-read.ts';
import { connectTemporal } from './connect-temporal.ts';
import { connectionServices } from './connection-services.ts';
import { refuseUnsafe } from '../settings/refuse-unsafe.ts';
import { createWorkers } from './create-workers.ts';
import { startHealth, type Health } from './health.ts';
import { formerQueues } from './former-queues.ts';
import { createLog } from './log.ts';
import { NumberGauges } from './number-gauges.ts';
import { beginWithoutSuccess, measureRemoteCalls } from './own-metrics.ts';
import { startTracing } from './tracing.ts';
import { waitUntilReachable } from './wait-until-reachable.ts';
import { workflowBundle } from './workflow-bundle.ts';

/** `npm start`: runs the workers of every process that has its settings, until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const settings = readSettings(loadEnvironment());
  const log = createLog(settings.common.LOG_LEVEL);
  for (const { process: name, missing } of settings.off) log.warn({ process: name, missing }, `${name} is off`);
  if (settings.enabled.length === 0) throw new SettingsError(['no process has its settings: see .env.example']);

  const stop = stopRequest(log);
  const orm = await createOrm({
    databaseUrl: settings.common.DATABASE_URL,
    poolSize: 30,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  const health = await startHealth(settings.common.HEALTH_PORT, log);
  try {
    await runWorkers(settings, { orm, log, stop, health });
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    await health.close();
    await closeOrm(orm);
  }
  log.info('workers have stopped');
}

interface Running {
  readonly orm: Orm;
  readonly log: Logger;
  readonly stop: AbortSignal;
  readonly health: Health;
}

async function runWorkers(settings: Settings, { orm, log, stop, health }: Running): Promise<void> {
  const { common } = settings;
  const watched = { log, signal: stop };
  const databaseHost = new URL(common.DATABASE_URL).host;
  await waitUntilReachable({ what: 'PostgreSQL', where: databaseHost, ...watched }, async () => {
    await assertModel(orm.em.fork(), common.EMS_MODEL_FILE);
    await tellShape(settings, { orm, log });
  });
  const where = common.TEMPORAL_ADDRESS;
  const connection = await waitUntilReachable({ what: 'Temporal', where, ...watched }, () =>
    connectTemporal(common, log),
  );
  const locks = new AdvisoryLocks(common.DATABASE_URL);
  const processes = connectProcesses(settings, { orm, locks });
  const tracing = await startTracing(common, log);
  try {
    await refuseUnsafe(processes, log);
    const accounts = accountsOf(settings);
    const keys = common.SYNC_KEY ?? [];
    const dependencies = {
      orm,
      processes,
      ...engineSettings(common),
      shadow: shadowed(settings),
      assertOwnAccount: ownAccounts(orm, accounts, keys),
      locks,
    };
    const { TEMPORAL_NAMESPACE: namespace } = common;
    const dataConverter = dataConverterOf(common);
    const own = new OwnInstallation({ connection, namespace, dataConverter, database: async () => orm });
    // A server may accept connections before it is ready: its database is unavailable, or its namespace does not exist
    // yet.
    const queues = await waitUntilReachable(
      { what: `Temporal's namespace ${namespace}`, where, ...watched },
      async () => {
        await connection.workflowService.describeNamespace({ namespace });
        const { id } = await own.claim();
        await recordNewAccounts(orm, accounts, keys);
        return [syncTaskQueue(id), ...(await formerQueues(own.client, settings))];
      },
    );
    // Before the workers are made: they hold the connection until they have run.
    await waitUntilReachable({ what: 'PostgreSQL', where: databaseHost, ...watched }, async () => {
      for (const name of await processesWithOtherAccount(orm, settings))
        log.error({ process: name }, describeOtherAccount(name));
      await writeProcessStates(
        orm.em.fork(),
        [...processes.keys()].map((name) => ({ name, isOn: true, missing: [] })),
      );
    });
    const bundle = await workflowBundle({
      encodeFailures: common.TEMPORAL_CODEC_KEY !== undefined,
      interceptors: tracing?.workflowModules ?? [],
    });
    const options = { connection, namespace, dependencies, workflowBundle: bundle, dataConverter, tracing };
    const workers = (await Promise.all(queues.map((syncQueue) => createWorkers({ ...options, syncQueue })))).flat();
    const stopMeasuring = measure(settings, { orm, log, processes });
    stop.addEventListener('abort', stopMeasuring, { once: true });
    const running = workers.map((worker) => worker.run());
    shutDownWhen(stop, workers);
    health.watch(workers, { orm, workflowService: connection.workflowService });
    log.info({ processes: [...processes.keys()], namespace, queues }, 'workers are ready');
    await Promise.all(running);
  } finally {
    for (const { remote } of processes.values()) await remote.close?.();
    await locks.close();
    // A worker that failed leaves others that hold the connection. Its error is the one to be told.
    await connection.close().catch(() => undefined);
    await tracing?.stop();
  }
}

/** What sweeps cannot read stops the types that read it; the others go on. */
async function tellShape({ enabled }: Settings, { orm, log }: Pick<Running, 'orm' | 'log'>): Promise<void> {
  const types = typesRead(enabled.map(({ target }) => target.process));
  for (const missing of await findMissingColumns(orm.em.fork(), types)) {
    log.error({ missing: formatMissing(missing) }, `EMS has no ${formatMissing(missing)}: what reads it is stopped`);
  }
}

/** The processes in shadow mode, each with a session for its dry runs. */
function shadowed({ enabled, common }: Settings): ReadonlyMap<SyncProcessName, () => Promise<Orm>> {
  const inShadow = enabled.filter(({ mode }) => mode === 'shadow').map(({ target }) => target.process);
  return new Map(
    inShadow.map(({ name, mappings }) => [
      name,
      () =>
        createScratchOrm({
          databaseUrl: common.DATABASE_URL,
          process: name,
          emsTables: tablesWrittenBy(mappings),
        }),
    ]),
  );
}

/** Aborted by the first SIGTERM or SIGINT; running work may finish within the workers' grace period. */
function stopRequest(log: Logger): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'told to stop');
      controller.abort();
    });
  }
  return controller.signal;
}

function shutDownWhen(stop: AbortSignal, workers: readonly Worker[]): void {
  const shutDown = () => {
    for (const worker of workers) worker.shutdown();
  };
  if (stop.aborted) shutDown();
  else stop.addEventListener('abort', shutDown, { once: true });
}

/** Serves our own metrics beside the SDK's, if a port is set. @returns ends it. */
function measure(
  { common, enabled }: Settings,
  { orm, log, processes }: Pick<Running, 'orm' | 'log'> & { readonly processes: ConnectedProcesses },
): () => void {
  if (common.METRICS_PORT === undefined) return () => {};
  const meter = Runtime.instance().metricMeter;
  const declared = [...processes.values()].map(({ process }) => process);
  const gauges = new NumberGauges({ orm, log, meter, processes: declared });
  beginWithoutSuccess(
    meter,
    enabled.map(({ target, cron }) => ({ name: target.process.name, gaps: gapsOf(cron) })),
  );
  const endCalls = measureRemoteCalls(meter);
  gauges.start();
  return () => {
    endCalls();
    gauges.stop();
  };
}

const gapsOf = (cron: EnabledTarget['cron']) =>
  Object.fromEntries(Object.entries(cron).map(([direction, expression]) => [direction, longestGapSeconds(expression)]));

type ConnectedProcesses = ReturnType<typeof connectProcesses>;

function connectProcesses(
  { enabled, common }: Settings,
  { orm, locks }: { readonly orm: Orm; readonly locks: AdvisoryLocks },
) {
  const services = connectionServices(locks, { consentPolicy: common.CONSENT_POLICY, keys: common.SYNC_KEY ?? [] });
  return new Map(
    enabled.map(({ target, settings }) => {
      const process = common.SYNC_BULK ? target.process : oneByOne(target.process);
      const { bulk, concurrentCalls } = process.limits;
      const remote = pausable(target.connect(settings, services), () => assertNotPaused(orm, process.name));
      const gathered = bulk === undefined ? remote : gatherSends(remote, { ...bulk, concurrentCalls });
      return [process.name, { process, remote: gathered }];
    }),
  );
}

/** Without bulk calls, the concurrent deliveries are limited to the allowed calls. */
function oneByOne(process: SyncProcess): SyncProcess {
  const { bulk: _, ...limits } = process.limits;
  return { ...process, limits };
}

try {
  await main();
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  for (const problem of error.problems) process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}
