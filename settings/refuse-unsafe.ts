import type { Logger } from 'pino';
import { SyncError } from '../sync/sync-error.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { RemoteSystem } from '../targets/remote-system.ts';
import { SettingsError } from './settings-error.ts';

/**
 * Asks each target whether its settings are safe there. A target that does not answer does not keep the others from
 * starting: its adapter asks again before it relies on such a setting, and each sweep before it begins.
 *
 * @throws SettingsError with the reasons.
 */
export async function refuseUnsafe(
  processes: ReadonlyMap<SyncProcessName, { readonly remote: RemoteSystem }>,
  log: Pick<Logger, 'warn'>,
): Promise<void> {
  const refusals = await Promise.all(
    [...processes].map(async ([process, { remote }]) => {
      try {
        return (await remote.refusal?.()) ?? null;
      } catch (error) {
        if (!(error instanceof SyncError)) throw error;
        log.warn({ process, reason: error.message }, `${process} could not be asked whether its settings are safe`);
        return null;
      }
    }),
  );
  const problems = refusals.filter((refusal) => refusal !== null);
  if (problems.length > 0) throw new SettingsError(problems);
}
