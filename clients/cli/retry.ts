import type { Command } from 'commander';
import { pairsInState, parkedRemotes } from '../find-pairs.ts';
import { askAll, askPairs } from './ask-pairs.ts';
import { keysNamed, processNamed, typeNamed } from './names.ts';
import { complain, say, sayJson } from './output.ts';
import { pairRequest, remoteRequest } from './requests.ts';
import { enabledTarget, inSession } from './session.ts';
import { knownOnes } from './sync.ts';
import { addWaitOptions, type WaitOptions } from './wait-options.ts';

/**
 * `ems-sync retry`. The pair's own workflow judges anew, whatever the record says: nothing is changed behind its back. A remote
 * record that was parked because EMS has no row for it is resolved anew.
 */
export function addRetry(program: Command): void {
  const command = program
    .command('retry')
    .description('try parked and failing entities again now: all of a process, all of a type, or the named ones')
    .argument('<process>', 'for example TAGSERVER')
    .argument('[type]', 'for example Person')
    .argument('[id...]', 'ids of EMS rows');
  addWaitOptions(command, 'wait for the results; exit 1 unless all are in sync')
    .addHelpText(
      'after',
      '\nExamples: npx ems-sync retry TAGSERVER\n          npx ems-sync retry TAGSERVER Person 4711 --wait',
    )
    .action(async (processName: string, typeName: string | undefined, ids: string[], options: WaitOptions) => {
      const syncProcess = processNamed(processName);
      const type = typeName === undefined ? undefined : typeNamed(typeName, [syncProcess]);
      const keys = keysNamed(ids);
      await inSession(async (session) => {
        enabledTarget(session, syncProcess);
        if (type !== undefined && keys.length > 0) {
          const known = await knownOnes(session, syncProcess, type, keys);
          const pairs = known.map((key) => ({ process: syncProcess.name, type, key }));
          if (!(await askPairs(session, pairs, options)) || known.length < keys.length) process.exitCode = 1;
          return;
        }
        const types = type === undefined ? syncProcess.mappings.map((mapping) => mapping.type) : [type];
        const orm = await session.database();
        const pairs = await pairsInState(orm, syncProcess, types, ['PARKED', 'FAILING']);
        const remotes = await parkedRemotes(orm, syncProcess, types);
        if (pairs.length + remotes.length === 0) {
          if (options.json) sayJson([]);
          else say(`${syncProcess.name} has nothing parked or failing${type === undefined ? '' : ` of type ${type}`}`);
          return;
        }
        if (!options.json) complain(`${pairs.length + remotes.length} parked or failing`);
        const requests = [...pairs.map((pair) => pairRequest(pair)), ...remotes.map(remoteRequest)];
        if (!(await askAll(session, requests, options))) process.exitCode = 1;
      });
    });
}
