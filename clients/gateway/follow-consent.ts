import type { Client } from '@temporalio/client';
import type { Orm } from '../../database/orm.ts';
import { findByRemoteIds } from '../../database/records/find-by-remote-id.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { requestHinted } from '../request-sync.ts';
import type { Followed } from './follow-hint.ts';

/** Asks the contact's pair to check consent. Unknown contacts are picked up by the next poll. */
export async function followConsent(
  { orm, temporal }: { readonly orm: Orm; readonly temporal: Client },
  process: SyncProcessName,
  remoteId: string,
): Promise<Followed> {
  const known = (await findByRemoteIds(orm.em.fork(), process, 'Person', [remoteId])).get(remoteId);
  if (known === undefined || known.key === null || !known.inEms || known.state === 'REMOVED') return 'dropped';
  await requestHinted(temporal, { process, type: 'Person', key: known.key });
  return 'asked';
}
