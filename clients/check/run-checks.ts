import type { EnabledTarget, Settings } from '../../settings/read-settings.ts';
import { databaseChecks } from './database-checks.ts';
import { gatewayChecks } from './gateway-check.ts';
import type { Check, Checked } from './look-at.ts';
import { targetCheck } from './target-check.ts';
import { processesWithOtherAccount } from '../target-accounts.ts';
import { temporalChecks } from './temporal-checks.ts';

/** Checks everything that a run needs, even after a failure. */
export async function runChecks(session: Checked, options: { readonly fix: boolean }): Promise<Check[]> {
  const { enabled, off } = session.settings;
  const [database, temporal, targets] = await Promise.all([
    databaseChecks(session),
    temporalChecks(session, options),
    Promise.all(
      enabled.map((target) => targetCheck(target, { ...options, isStopped: () => isStopped(session, target) })),
    ),
  ]);
  return [
    settingsCheck(session.settings),
    ...off.map(({ process, missing }): Check => ({
      check: process,
      outcome: 'off',
      detail: `set ${missing.join(', ')} to switch it on`,
    })),
    ...database,
    ...temporal,
    ...targets,
    ...gatewayChecks(session.settings),
  ];
}

/** False while that cannot be read: the database's own checks say why. */
async function isStopped(session: Checked, { target }: EnabledTarget): Promise<boolean> {
  try {
    const others = await processesWithOtherAccount(await session.database(), session.settings);
    return others.includes(target.process.name);
  } catch {
    return false;
  }
}

function settingsCheck({ enabled }: Settings): Check {
  return enabled.length === 0
    ? { check: 'settings', outcome: 'failed', detail: 'no process has its settings; see .env.example' }
    : { check: 'settings', outcome: 'ok', detail: enabled.map(({ target }) => target.process.name).join(', ') };
}
