import { NativeConnection } from '@temporalio/worker';
import { createOrm } from '../database/orm.ts';
import { loadEnvironment } from '../settings/load-environment.ts';
import { readSettings, type Settings } from '../settings/read-settings.ts';
import { SettingsError } from '../settings/settings-error.ts';
import { temporalConnection } from '../settings/temporal-connection.ts';
import { createWorkers } from './create-workers.ts';
import { installLog } from './log.ts';
import { waitUntilReachable } from './wait-until-reachable.ts';
import { createWorkflowBundle } from './workflow-bundle.ts';

/** `npm start`: the workers of every process that has its settings, until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const settings = readSettings(loadEnvironment());
  const { common, enabled, off } = settings;
  const log = installLog(common);
  for (const { process: name, missing } of off) log.warn({ process: name, missing }, `${name} is off`);
  if (enabled.length === 0) throw new SettingsError(['no process has its settings: see .env.example']);

  const orm = await createOrm({ databaseUrl: common.DATABASE_URL, poolSize: 30 });
  await waitUntilReachable(log, 'PostgreSQL', new URL(common.DATABASE_URL).host, () =>
    orm.em.fork().execute('SELECT 1'),
  );
  const connection = await waitUntilReachable(log, 'Temporal', common.TEMPORAL_ADDRESS, () =>
    NativeConnection.connect(temporalConnection(common)),
  );
  const dependencies = { orm, processes: connectProcesses(settings), settleMs: common.SETTLE_MS };
  const workflowBundle = await createWorkflowBundle();
  const workers = await createWorkers({
    connection,
    namespace: common.TEMPORAL_NAMESPACE,
    dependencies,
    workflowBundle,
  });
  log.info(
    { processes: [...dependencies.processes.keys()], namespace: common.TEMPORAL_NAMESPACE },
    'workers are ready',
  );
  try {
    await Promise.all(workers.map((worker) => worker.run()));
  } finally {
    for (const { remote } of dependencies.processes.values()) await remote.close?.();
    await connection.close();
    await orm.close();
  }
  log.info('workers have stopped');
}

function connectProcesses({ enabled }: Settings) {
  return new Map(
    enabled.map(({ target, settings }) => [
      target.process.name,
      { process: target.process, remote: target.connect(settings) },
    ]),
  );
}

try {
  await main();
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  for (const problem of error.problems) process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}
