import { readStanding } from '../database/detection/read-standing.ts';
import { readConflict } from '../database/records/read-conflict.ts';
import { findByRemoteIds } from '../database/records/find-by-remote-id.ts';
import { loadPairs } from '../database/records/load-pairs.ts';
import { tieRecord, untieRecord } from '../database/records/tie-record.ts';
import { conflictSubject, markRestored } from '../database/records/write-conflict.ts';
import { updateEmsRow } from '../database/records/write-ems-row.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { PairOrder } from '../sync/pair-order.ts';
import { unseal } from '../sync/sealed-values.ts';
import { SyncError } from '../sync/sync-error.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { mappingOf } from '../targets/sync-process.ts';
import { connectedProcess, detectionOf, type Dependencies } from './dependencies.ts';

export interface OrderInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
  readonly order: PairOrder;
}

/**
 * Carries out what an operator has decided for a pair. Repeating it is harmless.
 *
 * @throws SyncError of class `rejected` for what cannot be carried out; the message says what to do.
 */
export async function carryOutOrder(dependencies: Dependencies, { order, ...pair }: OrderInput): Promise<void> {
  const separator = order.indexOf(':');
  const argument = separator < 0 ? '' : order.slice(separator + 1);
  if (order === 'unlink') return untieRecord(dependencies.orm.em.fork(), pair);
  // Erased by the pair's workflow itself, through the target's queue.
  if (order === 'erase') return;
  return order.startsWith('link:') ? link(dependencies, pair, argument) : restore(dependencies, pair, argument);
}

type Pair = Omit<OrderInput, 'order'>;

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
    await tieRecord(inner, { process, type, key, remoteId, base: null, remoteSyncedOn: null, entitySyncedOn: null });
    // Only now, for a filter may ask whether the row is tied. A refusal ends the transaction, and nothing is tied.
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

const refused = (message: string) => new SyncError('rejected', message, { code: 'order-refused' });
