import type { Client } from '@temporalio/client';
import type { EntityManager, Orm } from '../../database/orm.ts';
import { findByKeys, findByRemoteIds } from '../../database/records/find-by-remote-id.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { requestRemote } from '../request-remote.ts';
import { requestSync } from '../request-sync.ts';
import type { Hint } from './chatwoot-hint.ts';

/** `asked`: the pair looks at its remote record. `resolving`: EMS does not know the record yet. `dropped`: nothing to do. */
export type Followed = 'asked' | 'resolving' | 'dropped';

/**
 * Has a remote record looked at: by its pair's workflow, or by one that finds or makes its row. When this returns, Temporal
 * holds what is to be done.
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
    // EMS has deleted it, or filtered it out: what happens there no longer matters.
    if (!known.inEms || known.state === 'REMOVED') return 'dropped';
    await requestSync(temporal, { process, type, key: known.key }, 'inbound');
    return 'asked';
  }
  if (known === undefined && !(await mayBeNew(em, process, hint))) return 'dropped';
  await requestRemote(temporal, { process, type, remoteId });
  return 'resolving';
}

/**
 * Not new: our own create echoes before its answer is on record, or the row that it says it is was deleted or unlinked. The
 * poll judges in the same way.
 */
async function mayBeNew(em: EntityManager, process: SyncProcessName, { type, emsKey }: Hint): Promise<boolean> {
  if (emsKey === null) return true;
  const own = (await findByKeys(em, process, type, [emsKey])).get(emsKey);
  if (own === undefined || own.state === 'UNLINKED') return false;
  return own.remoteId !== null || (own.state !== 'CREATING' && own.state !== 'PENDING');
}
