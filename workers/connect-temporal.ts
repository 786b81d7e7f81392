import { Connection } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime, type LogLevel } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { CommonSettings } from '../settings/schema.ts';
import { SettingsError } from '../settings/settings-error.ts';
import { temporalConnection } from '../settings/temporal-connection.ts';
import { METRIC_BUCKETS } from './own-metrics.ts';

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
 * The workers' connection to Temporal. The plain client tests first whether Temporal can be reached: if the SDK's
 * native connection fails, it shuts the runtime down, and the new runtime neither logs here nor lets us handle signals.
 */
export async function connectTemporal(settings: CommonSettings, log: Logger): Promise<NativeConnection> {
  const options = temporalConnection(settings);
  const plain = await Connection.connect({ ...options, connectTimeout: '10 seconds' });
  await plain.close();
  installRuntime(settings, log);
  return NativeConnection.connect(options);
}

/**
 * Sends the SDK's logs to our log, and serves its metrics and ours if a port is set.
 *
 * @throws SettingsError if the port is in use: no wait for Temporal would end that.
 */
function installRuntime(settings: CommonSettings, log: Logger): void {
  try {
    install(settings, log);
  } catch (error) {
    if (!(error instanceof Error && /metrics exporter: Address already in use/.test(error.message))) throw error;
    throw new SettingsError([`METRICS_PORT ${settings.METRICS_PORT} is taken by another program: set another one`]);
  }
}

function install({ LOG_LEVEL, METRICS_PORT }: CommonSettings, log: Logger): void {
  Runtime.install({
    // main.ts handles the signals and stops the workers.
    shutdownSignals: [],
    logger: new DefaultLogger(SDK_LEVELS[LOG_LEVEL], ({ level, message, meta }) => {
      log[LOG_METHODS[level]](meta ?? {}, message);
    }),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      ...(METRICS_PORT === undefined
        ? {}
        : {
            metrics: {
              prometheus: { bindAddress: `0.0.0.0:${METRICS_PORT}`, histogramBucketOverrides: METRIC_BUCKETS },
            },
          }),
    },
  });
}
