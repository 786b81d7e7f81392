import { Connection } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime, type LogLevel } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { CommonSettings } from '../settings/schema.ts';
import { temporalConnection } from '../settings/temporal-connection.ts';

const SDK_LEVELS = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  silent: 'ERROR',
} as const satisfies Record<CommonSettings['LOG_LEVEL'], LogLevel>;

const LOG_METHODS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/**
 * The workers' connection to Temporal. Whether Temporal can be reached is asked by the plain client first: an attempt of the
 * SDK's native one that fails takes the runtime with it, and leaves one that neither logs here nor lets us handle signals.
 */
export async function connectTemporal(settings: CommonSettings, log: Logger): Promise<NativeConnection> {
  const options = temporalConnection(settings);
  const plain = await Connection.connect({ ...options, connectTimeout: '10 seconds' });
  await plain.close();
  installRuntime(settings, log);
  return NativeConnection.connect(options);
}

/** The SDK writes to our log, and serves its metrics if they have a port. */
function installRuntime({ LOG_LEVEL, METRICS_PORT }: CommonSettings, log: Logger): void {
  Runtime.install({
    // main.ts is told to stop, and tells the workers.
    shutdownSignals: [],
    logger: new DefaultLogger(SDK_LEVELS[LOG_LEVEL], ({ level, message, meta }) => {
      log[LOG_METHODS[level]](meta ?? {}, message);
    }),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      ...(METRICS_PORT === undefined ? {} : { metrics: { prometheus: { bindAddress: `0.0.0.0:${METRICS_PORT}` } } }),
    },
  });
}
