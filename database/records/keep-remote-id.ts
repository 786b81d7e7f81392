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
export function keepRemoteId(
  orm: Orm,
  process: SyncProcessName,
  type: EntityType,
  {
    key,
    fencingToken,
    remoteId,
  }: { readonly key: EntityKey; readonly fencingToken: bigint; readonly remoteId: string | null },
): Promise<void> {
  return keepRemoteIds(orm, process, type, { fencingToken, remoteIds: [{ key, remoteId }] });
}

/** The same for many pairs of one attempt. */
export async function keepRemoteIds(
  orm: Orm,
  process: SyncProcessName,
  type: EntityType,
  {
    fencingToken,
    remoteIds,
  }: {
    readonly fencingToken: bigint;
    readonly remoteIds: readonly { readonly key: EntityKey; readonly remoteId: string | null }[];
  },
): Promise<void> {
  const em = orm.em.fork();
  await sql`
    UPDATE ${sql.raw(recordTable(type))} sr SET remote_id = v."remoteId"
    FROM jsonb_to_recordset(${JSON.stringify(remoteIds)}::jsonb) AS v(key bigint, "remoteId" text)
    WHERE sr.sync_process = ${process} AND sr.entity_key = v.key AND sr.pass <= ${fencingToken.toString()}::bigint
      AND sr.remote_id IS DISTINCT FROM v."remoteId"`.execute(em.getKysely());
  await forgetRekeys(
    em,
    process,
    type,
    remoteIds.map(({ key }) => key),
  );
}
