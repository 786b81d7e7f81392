import { pino, stdSerializers, type Logger } from 'pino';
import type { CommonSettings } from '../settings/schema.ts';

/** A JSON log on standard output: ids, states and reasons, never values. */
export function createLog(level: CommonSettings['LOG_LEVEL']): Logger {
  return pino({ name: 'ems-sync', level, serializers: { error: stdSerializers.err } });
}
