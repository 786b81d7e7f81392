import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { Orm } from '../orm.ts';
import { recordTable } from '../table-names.ts';
import { forgetRekeys } from './rekeys.ts';

/**
 * Writes a remote id that the target has confirmed, or that a create is about to make, before the rest of the result.
 * The id reveals the person, so it must not appear in a history. A record that a newer attempt has written is left
 * alone.
 */
export async function keepRemoteId(
  orm: Orm,
  process: SyncProcessName,
  type: EntityType,
  {
    key,
    fencingToken,
    remoteId,
  }: { readonly key: EntityKey; readonly fencingToken: bigint; readonly remoteId: string | null },
): Promise<void> {
  const em = orm.em.fork();
  await sql`
    UPDATE ${sql.raw(recordTable(type))} SET remote_id = ${remoteId}
    WHERE sync_process = ${process} AND entity_key = ${key}::bigint AND pass <= ${fencingToken.toString()}::bigint
      AND remote_id IS DISTINCT FROM ${remoteId}`.execute(em.getKysely());
  await forgetRekeys(em, process, type, [key]);
}
