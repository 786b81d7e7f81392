import type { Command } from 'commander';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import { withParents } from '../parents.ts';
import { knownKeys } from '../find-pairs.ts';
import { askPairs } from './ask-pairs.ts';
import { keysNamed, processNamed, typeNamed } from './names.ts';
import { complain } from './output.ts';
import { enabledTarget, inSession, type Session } from './session.ts';
import { addWaitOptions, type WaitOptions } from './wait-options.ts';

/** `ems-sync sync` */
export function addSync(program: Command): void {
  const command = program
    .command('sync')
    .description('bring these entities to a target now')
    .argument('<process>', 'for example TAGSERVER')
    .argument('<type>', 'for example Person')
    .argument('<id...>', 'ids of EMS rows');
  addWaitOptions(command, 'wait for the results; exit 1 unless all are in sync')
    .option('--resend', 'send also what our records say the target has, for example after a restored backup')
    .addHelpText('after', '\nExample: npx ems-sync sync TAGSERVER Person 4711 4712 --wait')
    .action(async (processName: string, typeName: string, ids: string[], options: WaitOptions) => {
      const syncProcess = processNamed(processName);
      const type = typeNamed(typeName, [syncProcess]);
      const keys = keysNamed(ids);
      await inSession(async (session) => {
        enabledTarget(session, syncProcess);
        const known = await knownOnes(session, syncProcess, type, keys);
        const pairs = known.map((key) => ({ process: syncProcess.name, type, key }));
        const asked = await withParents(await session.database(), syncProcess, pairs);
        const wentWell = await askPairs(session, asked, options);
        if (!wentWell || known.length < keys.length) process.exitCode = 1;
      });
    });
}

/** Those that there is something to do for; the others are complained of. */
export async function knownOnes(
  session: Session,
  { name }: SyncProcess,
  type: EntityType,
  keys: readonly EntityKey[],
): Promise<EntityKey[]> {
  const known = await knownKeys(await session.database(), name, type, keys);
  for (const key of keys.filter((one) => !known.has(one))) {
    complain(`EMS has no ${type} ${key}, and ${name} has no record of it`);
  }
  return keys.filter((key) => known.has(key));
}
