import { pino, stdSerializers, type Logger } from 'pino';
import { DefaultLogger, makeTelemetryFilterString, Runtime, type LogLevel } from '@temporalio/worker';
import type { CommonSettings } from '../settings/schema.ts';

const SDK_LEVELS = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARN',
  error: 'ERROR',
  silent: 'ERROR',
} as const satisfies Record<CommonSettings['LOG_LEVEL'], LogLevel>;

/** A JSON log on standard output, which the Temporal SDK writes to as well, and the SDK's metrics if they have a port. */
export function installLog({ LOG_LEVEL, METRICS_PORT }: Pick<CommonSettings, 'LOG_LEVEL' | 'METRICS_PORT'>): Logger {
  const log = pino({ name: 'ems-sync', level: LOG_LEVEL, serializers: { error: stdSerializers.err } });
  const level = SDK_LEVELS[LOG_LEVEL];
  Runtime.install({
    logger: new DefaultLogger(level, ({ level: sdkLevel, message, meta }) => {
      log[sdkLevel.toLowerCase() as 'trace' | 'debug' | 'info' | 'warn' | 'error'](meta ?? {}, message);
    }),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }), forward: {} },
      ...(METRICS_PORT === undefined ? {} : { metrics: { prometheus: { bindAddress: `0.0.0.0:${METRICS_PORT}` } } }),
    },
  });
  return log;
}
