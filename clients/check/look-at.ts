import type { Client } from '@temporalio/client';
import type { Orm } from '../../database/orm.ts';
import type { OwnInstallation } from '../own-installation.ts';
import type { Settings } from '../../settings/read-settings.ts';

export interface Check {
  /** The name of the check, in a word or two. */
  readonly check: string;
  /** `off`: a process without settings, which is not a failure. */
  readonly outcome: 'ok' | 'off' | 'failed';
  /** What was found and, if it failed, what to do. */
  readonly detail: string;
}

export interface Checked {
  readonly settings: Settings;
  database(): Promise<Orm>;
  temporal(): Promise<Client>;
  installation(): Promise<OwnInstallation>;
}

/** Runs one check. If it throws, the check has failed with that error. */
export async function lookAt(check: string, look: () => Promise<string>): Promise<Check> {
  try {
    return { check, outcome: 'ok', detail: await look() };
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error);
    return { check, outcome: 'failed', detail: message };
  }
}
