import { readStanding } from '../database/detection/read-standing.ts';
import { readConflict } from '../database/records/read-conflict.ts';
import { findByRemoteIds } from '../database/records/find-by-remote-id.ts';
import { loadPairs } from '../database/records/load-pairs.ts';
import { linkRecord, unlinkRecord } from '../database/records/link-record.ts';
import { conflictSubject, markRestored } from '../database/records/write-conflict.ts';
import { updateEmsRow } from '../database/records/write-ems-row.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { PairCommand } from '../sync/pair-command.ts';
import { unseal } from '../sync/sealed-values.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { mappingOf } from '../targets/sync-process.ts';
import { connectedProcess, detectionOf, type Dependencies } from './dependencies.ts';

export interface CommandInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
  readonly command: PairCommand;
}

/**
 * Carries out what an operator has decided for a pair. Repeating it is harmless.
 *
 * @throws SyncError of class `rejected` for what cannot be carried out; the message says what to do.
 */
export async function runCommand(dependencies: Dependencies, { command, ...pair }: CommandInput): Promise<void> {
  const separator = command.indexOf(':');
  const argument = separator < 0 ? '' : command.slice(separator + 1);
  if (command === 'unlink') return unlinkRecord(dependencies.orm.em.fork(), pair);
  // Erased by the pair's workflow itself, through the target's queue.
  if (command === 'erase') return;
  return command.startsWith('link:') ? link(dependencies, pair, argument) : restore(dependencies, pair, argument);
}

type Pair = Omit<CommandInput, 'command'>;

async function link(dependencies: Dependencies, { process, type, key }: Pair, remoteId: string): Promise<void> {
  const em = dependencies.orm.em.fork();
  const known = (await findByRemoteIds(em, process, type, [remoteId])).get(remoteId);
  if (known?.key === key && known.state !== 'UNLINKED') return;
  if (known != null && known.key !== null && known.key !== key) {
    throw refused(
      `${remoteId} is ${type}/${known.key}'s: unlink that first (ems-sync unlink ${process} ${type} ${known.key})`,
    );
  }
  const detection = detectionOf(dependencies, connectedProcess(dependencies, process).process, type);
  await em.transactional(async (inner) => {
    await linkRecord(inner, { process, type, key, remoteId, base: null, remoteSyncedOn: null, entitySyncedOn: null });
    // Only now, for a filter may ask whether the row is linked. A refusal ends the transaction, and nothing is linked.
    const standing = await readStanding(inner, detection, key);
    if (standing === null) throw refused(`EMS has no ${type}/${key}`);
    if (!standing.passes) throw refused(`${process} does not take ${type}/${key} as it is: its filter leaves it out`);
    if (standing.owner !== key) throw refused(`${type}/${key} shares the remote record of ${type}/${standing.owner}`);
  });
}

/** The values that lost go into EMS; from there they reach the targets like any other change. */
async function restore(dependencies: Dependencies, { process: name, type, key }: Pair, id: string): Promise<void> {
  const { orm } = dependencies;
  const { process } = connectedProcess(dependencies, name);
  const conflict = await readConflict(orm.em.fork(), { process: name, type, key, id });
  if (conflict === null) throw refused(`conflict ${id} is not one of ${name}/${type}/${key}`);
  if (conflict.restored) return;
  const { inbound } = mappingOf(process, type);
  const [pair] = await loadPairs(orm, detectionOf(dependencies, process, type), [key]);
  if (inbound === null || pair === undefined || pair.entity === null)
    throw refused(`EMS has no ${type}/${key} any more`);
  const values = unseal(conflict.sealed, conflictSubject({ process: name, type, key }), dependencies.keys);
  const changes = inbound.apply(values, conflict.fields, pair.entity);
  const { modifiedOn } = pair.entity;
  await orm.em.fork().transactional(async (em) => {
    const written = await updateEmsRow(em, type, key, modifiedOn, changes);
    if (written === null)
      throw new SyncError('transient', `EMS changed ${type}/${key} meanwhile`, { code: 'ems-busy' });
    await markRestored(em, id);
  });
}

const refused = (message: string) => new SyncError('rejected', message, { code: 'command-refused' });
