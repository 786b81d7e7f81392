import { readStanding } from '../database/detection/read-standing.ts';
import { readConflict } from '../database/records/read-conflict.ts';
import { findByRemoteId } from '../database/records/find-by-remote-id.ts';
import { loadPair } from '../database/records/load-pairs.ts';
import { linkRecord, relinkRecord, unlinkRecord } from '../database/records/link-record.ts';
import { adoptRow, isParkedAsReissued, markAnew } from '../database/records/reissued.ts';
import { conflictSubject, markRestored } from '../database/records/write-conflict.ts';
import { updateEmsRow } from '../database/records/write-ems-row.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { PairCommand } from '../sync/pair-command.ts';
import { unseal } from '../sync/sealed-values.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { pairContext, type PairContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { withPairLock } from './pair-locks.ts';
import { followOwnChange } from './row-identity.ts';

export interface CommandInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
  readonly command: PairCommand;
}

/**
 * Executes an operator's command for a pair. Idempotent.
 *
 * @throws SyncError of class `rejected` if it is impossible; the message says what to do instead.
 */
export async function runCommand(dependencies: Dependencies, { command, ...ref }: CommandInput): Promise<void> {
  // The pair's workflow erases it itself, over the target's queue.
  if (command === 'erase') return;
  return withPairLock(dependencies, ref, () => runAlone(dependencies, { command, ...ref }));
}

async function runAlone(dependencies: Dependencies, { command, ...ref }: CommandInput): Promise<void> {
  if (command === 'unlink') return unlinkRecord(dependencies.orm.em.fork(), ref);
  if (command === 'adopt' || command === 'start-anew') return decideReissued(dependencies, command, ref);
  if (command === 'relink') return relink(dependencies, ref);
  const argument = command.slice(command.indexOf(':') + 1);
  const pair = pairContext(dependencies, ref);
  return command.startsWith('link:') ? link(pair, argument) : restore(pair, argument);
}

async function link({ orm, detection, ref }: PairContext, remoteId: string): Promise<void> {
  const { process, type, key } = ref;
  const em = orm.em.fork();
  const known = await findByRemoteId(em, process, type, remoteId);
  if (known?.key === key && known.state !== 'UNLINKED') return;
  if (known !== null && known.key !== null && known.key !== key) {
    throw refused(
      `${remoteId} is ${type}/${known.key}'s: unlink that first (ems-sync unlink ${process} ${type} ${known.key})`,
    );
  }
  await em.transactional(async (inner) => {
    await linkRecord(inner, { ...ref, remoteId, base: null, remoteSyncedOn: null, entitySyncedOn: null });
    // Checked after linking, because a filter may ask whether the row is linked. A refusal rolls the link back.
    const standing = await readStanding(inner, detection, key);
    if (standing === null) throw refused(`EMS has no ${type}/${key}`);
    if (!standing.passes) throw refused(`${process} does not take ${type}/${key} as it is: its filter leaves it out`);
    if (standing.owner !== key) throw refused(`${type}/${key} shares the remote record of ${type}/${standing.owner}`);
  });
}

/** Decides who owns the remote record of a reused id. */
async function decideReissued(
  { orm }: Dependencies,
  command: 'adopt' | 'start-anew',
  ref: Omit<CommandInput, 'command'>,
): Promise<void> {
  const em = orm.em.fork();
  if (!(await isParkedAsReissued(em, ref))) {
    throw refused(`${ref.type}/${ref.key} is not parked at ${ref.process} because its id was given out again`);
  }
  await (command === 'adopt' ? adoptRow(em, ref) : markAnew(em, ref));
}

async function relink({ orm }: Dependencies, ref: Omit<CommandInput, 'command'>): Promise<void> {
  if (!(await relinkRecord(orm.em.fork(), ref)))
    throw refused(`${ref.type}/${ref.key} is not unlinked at ${ref.process}`);
}

/** Writes values that lost a conflict into EMS. From there they reach the targets like any other change. */
async function restore(pair: PairContext, id: string): Promise<void> {
  const { orm, keys, mapping, detection, ref } = pair;
  const { process, type, key } = ref;
  const conflict = await readConflict(orm.em.fork(), { ...ref, id });
  if (conflict === null) throw refused(`conflict ${id} is not one of ${process}/${type}/${key}`);
  if (conflict.restored) return;
  if (conflict.refused) throw refused(`proposal ${id} was refused`);
  const { inbound } = mapping;
  const loaded = await loadPair(orm, detection, key);
  const { entity } = loaded;
  if (inbound === null || entity === null) throw refused(`EMS has no ${type}/${key} any more`);
  const values = unseal(conflict.sealed, conflictSubject({ ...ref, id, fields: conflict.fields }), keys);
  const changes = inbound.apply(values, conflict.fields, entity);
  await orm.em.fork().transactional(async (em) => {
    const written = await updateEmsRow(em, type, key, { readAt: entity.modifiedOn, changes });
    if (written === null)
      throw new SyncError('transient', `EMS changed ${type}/${key} meanwhile`, { code: 'ems-busy' });
    await followOwnChange(em, pair, loaded, { ...entity, ...changes });
    await markRestored(em, id);
  });
}

const refused = (message: string) => new SyncError('rejected', message, { code: 'command-refused' });
