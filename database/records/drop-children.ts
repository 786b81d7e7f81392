import { sql } from 'kysely';
import type { Detection } from '../detection/due-query.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable, recordTable } from '../table-names.ts';

/**
 * Child rows have no remote record of their own. Records of deleted children are deleted; those of children that the
 * filter excludes become REMOVED. The parent's delivery updates the target.
 *
 * @returns how many records were written.
 */
export async function dropChildren(em: EntityManager, { process, mapping }: Detection): Promise<number> {
  const records = sql.raw(recordTable(mapping.type));
  const entities = sql.raw(entityTable(mapping.type));
  const { rows: deleted } = await sql`
    DELETE FROM ${records} sr WHERE sr.sync_process = ${process} AND sr.entity_key IS NOT NULL
      AND NOT EXISTS (SELECT FROM ${entities} e WHERE e.id = sr.entity_key) RETURNING 1`.execute(em.getKysely());
  const { rows: removed } = await sql`
    UPDATE ${records} sr SET state = 'REMOVED', remote_id = NULL, content_hash = NULL, waiting_for = NULL, shared_with = NULL,
      last_error_class = NULL, last_error_code = NULL, last_error = NULL, updated_on = clock_timestamp()
    FROM ${entities} e WHERE sr.sync_process = ${process} AND e.id = sr.entity_key
      AND sr.state NOT IN ('REMOVED', 'UNLINKED', 'ERASED')
      AND (${sql.raw(mapping.filter)}) IS NOT TRUE RETURNING 1`.execute(em.getKysely());
  return deleted.length + removed.length;
}
