import { sql } from 'kysely';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';

/**
 * Forgets everything that is known of a process's remote records: it has another account now. Rows are delivered as if
 * for the first time, as after `start-anew`, but nothing is removed at the former account. Refusals, erasures and their
 * receipts stay, since they are about persons; so does what an operator unlinked. A new fencing token keeps attempts
 * that are still running from writing.
 *
 * @returns how many records had a remote id.
 */
export async function forgetRemote(em: EntityManager, process: SyncProcessName): Promise<number> {
  const kysely = em.getKysely();
  let forgotten = 0;
  for (const type of ENTITY_TYPES) {
    const table = sql.raw(recordTable(type));
    const { rows } = await sql<{ count: number }>`
      SELECT count(*)::integer AS count FROM ${table}
      WHERE sync_process = ${process} AND remote_id IS NOT NULL`.execute(kysely);
    forgotten += rows[0]?.count ?? 0;
    // Records without a row say what polls left alone at the former account.
    await sql`DELETE FROM ${table} WHERE sync_process = ${process} AND entity_key IS NULL`.execute(kysely);
    await sql`
      UPDATE ${table} SET remote_id = NULL, base = NULL, content_hash = NULL, remote_synced_on = NULL,
        entity_synced_on = NULL, shared_with = NULL, reissued = NULL, pass = nextval('sync_pass'),
        last_error_class = CASE WHEN state IN ('UNLINKED', 'ERASED') THEN last_error_class END,
        last_error_code = CASE WHEN state IN ('UNLINKED', 'ERASED') THEN last_error_code END,
        last_error = CASE WHEN state IN ('UNLINKED', 'ERASED') THEN last_error END,
        state = CASE WHEN state IN ('UNLINKED', 'ERASED') THEN state ELSE 'PENDING' END,
        updated_on = clock_timestamp()
      WHERE sync_process = ${process}`.execute(kysely);
  }
  for (const table of OF_REMOTES) {
    await sql`DELETE FROM ${sql.table(table)} WHERE sync_process = ${process}`.execute(kysely);
  }
  return forgotten;
}

/** What we know of remote records beside the records themselves. */
const OF_REMOTES = [
  'sync_conversation_message',
  'sync_cursor',
  'sync_oscillation',
  'sync_rekey',
  'sync_missing',
  'sync_hold',
  'sync_parked_listing',
] as const;
