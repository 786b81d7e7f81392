import type { Orm } from '../../database/orm.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import { SYNC_PROCESS_NAMES, type SyncProcessName } from '../../sync/sync-process-name.ts';
import { knownKeys, pairsInState, parkedRemotes, unlinkedPairs } from '../find-pairs.ts';
import { askAll, askPairs } from './ask-pairs.ts';
import { CommandError } from './command-error.ts';
import { processOf, typeNamed } from './names.ts';
import { complain, say, sayJson } from './output.ts';
import { pairRequest, remoteRequest } from './requests.ts';
import { refusePaused } from './pause.ts';
import { enabledTarget, inSession, type Session } from './session.ts';
import type { WaitOptions } from './wait-options.ts';

/**
 * `ems-sync retry`. Writes nothing itself: the pair's workflow evaluates the pair again, whatever the record says. A
 * remote record that was parked because EMS has no row for it is resolved again. With `--unlinked`, it resumes unlinked
 * pairs instead: the given ones, or all whose remote record is gone.
 */
export async function retry(
  name: SyncProcessName | undefined,
  typeName: string | undefined,
  keys: readonly EntityKey[],
  options: WaitOptions & { readonly unlinked?: true; readonly code?: string },
): Promise<void> {
  const code = options.code?.toUpperCase();
  const syncProcess = processOf(name ?? processOfCode(code));
  const type = typeName === undefined ? undefined : typeNamed(typeName, [syncProcess]);
  await inSession(async (session) => {
    enabledTarget(session, syncProcess);
    await refusePaused(session, syncProcess.name);
    const types = type === undefined ? syncProcess.mappings.map((mapping) => mapping.type) : [type];
    if (options.unlinked === true) return takeUpAgain(session, { syncProcess, types, keys }, options);
    if (type !== undefined && keys.length > 0) {
      const known = await knownKeys(await session.database(), syncProcess.name, type, keys);
      const pairs = keys.map((key) => ({ process: syncProcess.name, type, key }));
      const unknown = pairs.filter(({ key }) => !known.has(key));
      const asked = pairs.filter(({ key }) => known.has(key));
      if (!(await askPairs(session, asked, options, unknown))) process.exitCode = 1;
      return;
    }
    const orm = await session.database();
    const pairs = await pairsInState(orm, syncProcess, types, { states: ['PARKED', 'FAILING'], code });
    const remotes = await parkedRemotes(orm, syncProcess, types, code);
    if (pairs.length + remotes.length === 0) {
      if (options.json) sayJson([]);
      else if (code === undefined) say(await nothingToRetry(orm, syncProcess, types));
      else say(`${syncProcess.name} has nothing parked or failing with ${code}`);
      return;
    }
    if (!options.json) complain(`${pairs.length + remotes.length} parked or failing`);
    const requests = [...pairs.map((pair) => pairRequest(pair)), ...remotes.map(remoteRequest)];
    if (!(await askAll(session, requests, options))) process.exitCode = 1;
  });
}

/** The process that a code begins with. @throws CommandError */
function processOfCode(code: string | undefined): SyncProcessName {
  if (code === undefined) throw new CommandError(2, 'name a process, or a code: npx ems-sync retry TAGSERVER');
  const found = SYNC_PROCESS_NAMES.find((process) => code.startsWith(`${process}-`));
  if (found !== undefined) return found;
  throw new CommandError(2, `unknown code ${code}; npx ems-sync failing --group code shows those that there are`);
}

async function nothingToRetry(orm: Orm, syncProcess: SyncProcess, types: readonly EntityType[]): Promise<string> {
  const of = types.length === 1 ? ` of type ${types[0]}` : '';
  const nothing = `${syncProcess.name} has nothing parked or failing${of}`;
  const unlinked = await pairsInState(orm, syncProcess, types, { states: ['UNLINKED'] });
  if (unlinked.length === 0) return nothing;
  return `${nothing}. ${unlinked.length} unlinked: npx ems-sync retry ${syncProcess.name} ${types.length === 1 ? types[0] : '[TYPE [ID…]]'} --unlinked`;
}

/** Pairs that an operator has unlinked are only resumed if they are named. */
async function takeUpAgain(
  session: Session,
  {
    syncProcess,
    types,
    keys,
  }: { readonly syncProcess: SyncProcess; readonly types: readonly EntityType[]; readonly keys: readonly EntityKey[] },
  options: WaitOptions,
): Promise<void> {
  const orm = await session.database();
  const all = await unlinkedPairs(orm, syncProcess, types);
  const wanted = all.filter(({ key, gone }) => (keys.length === 0 ? gone : keys.includes(key)));
  for (const key of keys.filter((one) => !wanted.some((pair) => pair.key === one))) {
    complain(`${types.join(', ')} ${key} is not unlinked at ${syncProcess.name}`);
    process.exitCode = 1;
  }
  if (wanted.length === 0) {
    if (options.json) sayJson([]);
    else if (keys.length === 0)
      say(`${syncProcess.name} has nothing that is unlinked because its remote record is gone`);
    return;
  }
  if (!options.json) complain(`${wanted.length} unlinked`);
  const requests = wanted.map(({ type, key }) => pairRequest({ process: syncProcess.name, type, key }, 'relink'));
  if (!(await askAll(session, requests, options))) process.exitCode = 1;
}
