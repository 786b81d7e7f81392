import { compareAccount, type TargetAccount } from '../database/records/target-accounts.ts';
import type { Orm } from '../database/orm.ts';
import type { SecretKey } from '../sync/keyed-hash.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { SyncError } from '../sync/sync-error.ts';
import { describeOtherAccount } from '../sync/other-account.ts';

/** Short enough that a worker with former settings stops soon after `ems-sync retarget`. */
const VALID_MS = 2_000;

/**
 * Returns the check before each call of a target: its records must be about the account that the settings name. One
 * comparison serves the calls of a few seconds.
 *
 * @throws SyncError of class `target-down`, so that sweeps stop early and pairs wait.
 */
export function ownAccounts(
  orm: Orm,
  accounts: readonly TargetAccount[],
  keys: readonly SecretKey[],
): (process: SyncProcessName) => Promise<void> {
  const compared = new Map<
    SyncProcessName,
    { readonly at: number; readonly result: ReturnType<typeof compareAccount> }
  >();
  return async (process) => {
    const account = accounts.find((one) => one.process === process);
    // Another worker's process: the activity itself reports that it is off.
    if (account === undefined) return;
    let known = compared.get(process);
    if (known === undefined || performance.now() - known.at > VALID_MS) {
      known = { at: performance.now(), result: compareAccount(orm.em.fork(), account, keys) };
      compared.set(process, known);
      known.result.catch(() => compared.delete(process));
    }
    if ((await known.result) === 'other')
      throw new SyncError('target-down', describeOtherAccount(process), { code: 'other-account' });
  };
}
