import { forgetRemote } from '../../database/records/forget-remote.ts';
import { compareAccount, recordAccount } from '../../database/records/target-accounts.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { accountsOf } from '../target-accounts.ts';
import { CommandError } from './command-error.ts';
import { processOf } from './names.ts';
import { say, sayJson } from './output.ts';
import { enabledTarget, inSession } from './session.ts';

export interface RetargetOptions {
  readonly keep?: true;
  readonly anew?: true;
  readonly json?: true;
}

/** `ems-sync retarget`: an operator accepts the account that the settings name. */
export async function retarget(name: SyncProcessName, { keep, anew, json }: RetargetOptions): Promise<void> {
  if (keep === anew)
    throw new CommandError(2, 'say --keep (the same data at a new address) or --anew (another account)');
  const process = processOf(name);
  await inSession(async (session) => {
    enabledTarget(session, process);
    const { settings } = session;
    const account = accountsOf(settings).find((one) => one.process === name);
    if (account === undefined) throw new Error(`${name} has no account`);
    const keys = settings.common.SYNC_KEY ?? [];
    const orm = await session.database();
    const forgotten = await orm.em.fork().transactional(async (em) => {
      if ((await compareAccount(em, account, keys)) === 'same')
        throw new CommandError(1, `${name}'s records are about this account already; nothing was changed`);
      const count = anew ? await forgetRemote(em, name) : 0;
      await recordAccount(em, account, keys);
      return count;
    });
    if (json) sayJson({ process: name, forgotten });
    else if (anew) say(`${name}: ${forgotten} remote records are forgotten; the next sweeps send everything again`);
    else {
      say(`${name}: the records are about this account from now on`);
      say(`whether it holds what they say: npx ems-sync compare ${name}, with --repair to send what differs`);
    }
  });
}
