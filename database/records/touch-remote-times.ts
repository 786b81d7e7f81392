import { sql } from 'kysely';
import type { EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';

/** Updates `remote_synced_on` of bounce-backs and unmapped changes, a page at a time; it only moves forward. */
export async function touchRemoteTimes(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  touched: readonly { readonly remoteId: string; readonly modifiedOn: string }[],
): Promise<void> {
  if (touched.length === 0) return;
  await sql`
    UPDATE ${sql.raw(recordTable(type))} sr SET remote_synced_on = v."modifiedOn", remote_confirmed_on = clock_timestamp(),
      updated_on = clock_timestamp()
    FROM jsonb_to_recordset(${JSON.stringify(touched)}::jsonb) AS v("remoteId" text, "modifiedOn" timestamptz)
    WHERE sr.sync_process = ${process} AND sr.remote_id = v."remoteId"
      AND (sr.remote_synced_on IS NULL OR sr.remote_synced_on < v."modifiedOn")`.execute(em.getKysely());
}
