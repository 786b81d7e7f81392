import { readSettings, type Environment } from './read-settings.ts';
import type { CommonSettings } from './schema.ts';

/** Programs without the targets' settings. */
export type LimitedProgram = 'gateway' | 'listener';

const SHARED = /^(?:DATABASE_URL|TEMPORAL_\w+|LOG_LEVEL|SETTLE_MS|ALLOW_INSECURE)$/;
const OF_GATEWAY = /^(?:ALERT_WEBHOOK_URL|GATEWAY_\w+|[A-Z]+_WEBHOOK_SECRET|CONSENT_SCOPE|CONSENT_POLICY)$/;
const OF_LISTENER = /^LISTENER_PORT$/;

/**
 * Whether a program reads a setting. Workers read all but those of the other two; the command line, which checks
 * everything, reads all.
 */
export function isSettingOf(program: LimitedProgram | 'worker', name: string): boolean {
  if (program === 'gateway') return SHARED.test(name) || OF_GATEWAY.test(name);
  if (program === 'listener') return SHARED.test(name) || OF_LISTENER.test(name);
  const isOfOthers = /^(?:ALERT_WEBHOOK_URL|GATEWAY_\w+|[A-Z]+_WEBHOOK_SECRET|LISTENER_PORT)$/.test(name);
  return !isOfOthers;
}

/**
 * Reads the settings of a program that serves every process without its credentials; what else the environment has is
 * not looked at.
 *
 * @throws SettingsError with all problems, one per line.
 */
export function readProgramSettings(program: LimitedProgram, environment: Environment): CommonSettings {
  const own = Object.entries(environment).filter(([name]) => isSettingOf(program, name.replace(/_FILE$/, '')));
  return readSettings(Object.fromEntries(own), []).common;
}
