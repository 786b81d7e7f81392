import { compareAccount, type TargetAccount } from '../database/records/target-accounts.ts';
import type { Orm } from '../database/orm.ts';
import type { Settings } from '../settings/read-settings.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';

/** The account of each enabled process. */
export function accountsOf({ enabled }: Settings): TargetAccount[] {
  return enabled.map(({ target, settings }) => ({ process: target.process.name, account: target.account(settings) }));
}

/** The enabled processes whose settings name another account than their records are about. */
export async function processesWithOtherAccount(orm: Orm, settings: Settings): Promise<SyncProcessName[]> {
  const others: SyncProcessName[] = [];
  for (const account of accountsOf(settings)) {
    const compared = await compareAccount(orm.em.fork(), account, settings.common.SYNC_KEY ?? []);
    if (compared === 'other') others.push(account.process);
  }
  return others;
}
