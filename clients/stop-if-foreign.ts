import { setTimeout as sleep } from 'node:timers/promises';
import { SettingsError } from '../settings/settings-error.ts';
import type { OwnInstallation } from './own-installation.ts';

const PAUSE_MS = 2_000;

/**
 * Compares the installations as soon as both servers answer, for programs that start without them. Until then each
 * request compares first, so nothing goes to a foreign installation.
 *
 * @returns a promise that never resolves. @throws SettingsError if another installation has claimed the namespace.
 */
export async function stopIfForeign(own: OwnInstallation): Promise<never> {
  for (;;) {
    try {
      await own.get();
      return await new Promise<never>(() => {});
    } catch (error) {
      if (error instanceof SettingsError) throw error;
      await sleep(PAUSE_MS, undefined, { ref: false });
    }
  }
}
