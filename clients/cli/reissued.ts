import type { EntityKey } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { isParkedAsReissued } from '../../database/records/reissued.ts';
import { CommandError } from './command-error.ts';
import { giveCommand, hasRun, sayOutcome } from './give-command.ts';
import { processesWith, processOf, typeNamed } from './names.ts';
import { sayJson } from './output.ts';
import { inSession } from './session.ts';
import type { TimeoutOptions } from './wait-options.ts';

/** `ems-sync adopt` and `ems-sync start-anew`: an operator's decision about a row whose id was reused. */
export async function decideReissued(
  command: 'adopt' | 'start-anew',
  { type: typeName, key }: { readonly type: string; readonly key: EntityKey },
  { process: name, timeout, json }: TimeoutOptions & { readonly process?: SyncProcessName },
): Promise<void> {
  const type = typeNamed(typeName);
  const processes = name === undefined ? processesWith(type) : [processOf(name)];
  await inSession(async (session) => {
    const em = (await session.database()).em.fork();
    const answers: object[] = [];
    for (const { name: process } of processes) {
      const pair = { process, type, key };
      if (!(await isParkedAsReissued(em, pair))) continue;
      const result = await giveCommand(session, pair, command, timeout * 1_000);
      answers.push({ process, type, id: key, ...result });
      if (!json) sayOutcome(command === 'adopt' ? 'adopted' : 'started anew', pair, result);
      if (!hasRun(result)) globalThis.process.exitCode = 1;
    }
    if (json) sayJson(answers);
    if (answers.length > 0) return;
    const where = name ?? 'no process';
    throw new CommandError(1, `${where} has parked ${type} ${key} because its id was given out again`);
  });
}
