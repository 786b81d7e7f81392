import { readSettings, type Environment } from '../../settings/read-settings.ts';
import { SettingsError } from '../../settings/settings-error.ts';

/** What is wrong with these settings; empty: nothing. */
export function problemsOf(environment: Environment): readonly string[] {
  try {
    readSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}
