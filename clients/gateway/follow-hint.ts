import type { Client } from '@temporalio/client';
import type { EntityManager, Orm } from '../../database/orm.ts';
import { findByKeys, findByRemoteIds } from '../../database/records/find-by-remote-id.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { requestHintedRemote } from '../request-remote.ts';
import { requestHinted } from '../request-sync.ts';
import type { Hint } from './chatwoot-hint.ts';

/**
 * `asked`: the pair's workflow reads its remote record. `resolving`: EMS does not know the record yet. `dropped`:
 * nothing to do.
 */
export type Followed = 'asked' | 'resolving' | 'dropped';

/**
 * Starts the sync of a remote record: by its pair's workflow, or by the one that finds or
 * creates rows for this process. When this
 * resolves, Temporal has stored the request.
 */
export async function followHint(
  { orm, temporal }: { readonly orm: Orm; readonly temporal: Client },
  process: SyncProcessName,
  hint: Hint,
): Promise<Followed> {
  const { type, remoteId } = hint;
  const em = orm.em.fork();
  const known = (await findByRemoteIds(em, process, type, [remoteId])).get(remoteId);
  if (known !== undefined && known.key !== null) {
    // EMS has deleted the row or filtered it out, so changes at the target no longer matter.
    if (!known.inEms || known.state === 'REMOVED') return 'dropped';
    await requestHinted(temporal, { process, type, key: known.key });
    return 'asked';
  }
  if (known === undefined && !(await mayBeNew(em, process, hint))) return 'dropped';
  await requestHintedRemote(temporal, { process, type, remoteId });
  return 'resolving';
}

/**
 * Not new: the echo of our own create before its answer is recorded, or a record whose EMS row was deleted or unlinked.
 * The poll decides in the same way.
 */
async function mayBeNew(em: EntityManager, process: SyncProcessName, { type, emsKey }: Hint): Promise<boolean> {
  if (emsKey === null) return true;
  const own = (await findByKeys(em, process, type, [emsKey])).get(emsKey);
  if (own === undefined || own.state === 'UNLINKED') return false;
  return own.remoteId !== null || (own.state !== 'CREATING' && own.state !== 'PENDING');
}
