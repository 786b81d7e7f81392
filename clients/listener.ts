import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import fastify from 'fastify';
import { pino, type Logger } from 'pino';
import { closeOrm } from '../database/close-orm.ts';
import { createOrm } from '../database/orm.ts';
import { dataConverterOf } from '../settings/data-converter.ts';
import { loadEnvironment } from '../settings/load-environment.ts';
import { readProgramSettings } from '../settings/programs.ts';
import { SettingsError } from '../settings/settings-error.ts';
import { temporalConnection } from '../settings/temporal-connection.ts';
import type { SyncProcess } from '../targets/sync-process.ts';
import { visibleLines } from './visible-text.ts';
import { failureOf } from './cli/failures.ts';
import { EnabledProcesses } from './enabled-processes.ts';
import { addHealth } from './gateway/health.ts';
import { Dispatch } from './listener/dispatch.ts';
import { GatheredKeys } from './listener/gathered-keys.ts';
import { listen } from './listener/listen.ts';
import { ListenedProcesses } from './listener/listened-processes.ts';
import { Sweeps } from './listener/sweeps.ts';
import { OwnInstallation } from './own-installation.ts';
import { stopIfForeign } from './stop-if-foreign.ts';

/** Requests what was heard before the stop, within the time that containers allow. */
const STOP_WITHIN_MS = 8_000;

/** How soon a process that has been switched on is listened for. */
const LOOK_EVERY_MS = 10_000;

/**
 * `npm run listener`: requests a sync as soon as EMS commits a change, until SIGTERM or SIGINT. Waits for servers that
 * are unavailable.
 */
async function main(): Promise<void> {
  const common = readProgramSettings('listener', loadEnvironment());
  const log = pino({ name: 'ems-sync-listener', level: common.LOG_LEVEL });
  const stop = stopRequest(log);
  const reasonOf = (error: unknown) => failureOf(error, common).lines.join('; ');
  const connection = Connection.lazy(temporalConnection(common));
  const orm = await createOrm({ databaseUrl: common.DATABASE_URL, poolSize: 10 });
  const own = new OwnInstallation({
    connection,
    namespace: common.TEMPORAL_NAMESPACE,
    dataConverter: dataConverterOf(common),
    database: async () => orm,
  });
  const temporal = own.client;
  const sweeps = new Sweeps({ temporal, log, settleMs: common.SETTLE_MS, reasonOf, stop });
  const enabled = new EnabledProcesses(orm);
  const listened = new ListenedProcesses({ log, reasonOf, enabled: () => enabled.outbound() });
  const processes = () => listened.current;
  const dispatch = new Dispatch({ orm, temporal, log, processes, sweeps, reasonOf });
  const gathered = new GatheredKeys((type, changes) => dispatch.lookAt(type, changes));
  let isListening = false;
  const sweepAll = (which: readonly SyncProcess[], why: string) => {
    for (const { name } of which) void sweeps.want(name, why);
  };
  const begin = async () => {
    await listened.look();
    log.info({ processes: processes().map(({ name }) => name) }, 'listener is ready');
    if (processes().length === 0) log.warn('no process is on yet: workers say at their start which they serve');
    sweepAll(processes(), 'changes made while it was not listening');
  };
  const looks = setInterval(
    () => void listened.look().then((added) => sweepAll(added, 'it has been switched on')),
    LOOK_EVERY_MS,
  );
  const health = fastify();
  addHealth(health, async () => (isListening ? [] : ['PostgreSQL']));
  try {
    if (common.LISTENER_PORT !== undefined) await health.listen({ host: '0.0.0.0', port: common.LISTENER_PORT });
    const listening = listen({
      databaseUrl: common.DATABASE_URL,
      log,
      reasonOf,
      stop,
      onNotification: (notification) => gathered.add(notification),
      onListening: () => {
        isListening = true;
        void begin();
      },
      onLost: () => {
        isListening = false;
      },
    });
    await Promise.race([listening, stopIfForeign(own)]);
    await Promise.race([gathered.idle().then(() => dispatch.idle()), sleep(STOP_WITHIN_MS, null, { ref: false })]);
  } finally {
    clearInterval(looks);
    await health.close();
    await connection.close();
    await closeOrm(orm);
  }
  log.info('listener has stopped');
}

/** Aborted by the first SIGTERM or SIGINT. */
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

try {
  await main();
} catch (error) {
  process.exitCode = error instanceof SettingsError ? 2 : 1;
  process.stderr.write(`${failureOf(error, null).lines.map(visibleLines).join('\n')}\n`);
}
// The SDK would retry pending requests on the closed connection, which would end the process with an error.
process.exit();
