import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';

export interface Unfinished {
  readonly keys: readonly EntityKey[];
  readonly remoteIds: readonly string[];
}

/** One poll starts no more than this again. */
const LIMIT = 1_000;

/**
 * Inbound records whose workflow may have ended without a result: begun or failing pairs that have a remote record, and
 * remote records that wait for a row. The cursor is past them, so each poll looks after them.
 */
export async function findUnfinished(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
): Promise<Unfinished> {
  const { rows } = await sql<{ key: EntityKey | null; remote_id: string }>`
    SELECT entity_key AS key, remote_id FROM ${sql.raw(recordTable(type))}
    WHERE sync_process = ${process} AND remote_id IS NOT NULL
      AND (state IN ('PENDING', 'FAILING') OR (state = 'WAITING' AND entity_key IS NULL))
    ORDER BY id LIMIT ${LIMIT}`.execute(em.getKysely());
  return {
    keys: rows.flatMap(({ key }) => key ?? []),
    remoteIds: rows.filter(({ key }) => key === null).map(({ remote_id }) => remote_id),
  };
}
