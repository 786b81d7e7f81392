import type { EntityKey } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { pairsInState, parkedRemotes } from '../find-pairs.ts';
import { askAll, askPairs } from './ask-pairs.ts';
import { processOf, typeNamed } from './names.ts';
import { complain, say, sayJson } from './output.ts';
import { pairRequest, remoteRequest } from './requests.ts';
import { enabledTarget, inSession } from './session.ts';
import { knownOnes } from './sync.ts';
import type { WaitOptions } from './wait-options.ts';

/**
 * `ems-sync retry`. Writes nothing itself: the pair's workflow evaluates the pair again, whatever the record says. A
 * remote record that was parked because EMS has no row for it is resolved again.
 */
export async function retry(
  name: SyncProcessName,
  typeName: string | undefined,
  keys: readonly EntityKey[],
  options: WaitOptions,
): Promise<void> {
  const syncProcess = processOf(name);
  const type = typeName === undefined ? undefined : typeNamed(typeName, [syncProcess]);
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
}
