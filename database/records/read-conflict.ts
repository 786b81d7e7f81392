import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';

export interface StoredConflict {
  readonly fields: readonly string[];
  readonly sealed: Uint8Array;
  readonly restored: boolean;
  /** An operator has refused the proposal. */
  readonly refused: boolean;
}

/** Null if this pair has no such conflict. */
export async function readConflict(
  em: EntityManager,
  { process, type, key, id }: { process: SyncProcessName; type: EntityType; key: EntityKey; id: string },
): Promise<StoredConflict | null> {
  const { rows } = await sql<StoredConflict>`
    SELECT fields, encrypted_values AS sealed, restored_on IS NOT NULL AS restored, refused_on IS NOT NULL AS refused
    FROM sync_conflict
    WHERE id = ${id}::bigint AND sync_process = ${process} AND entity_type = ${type}
      AND entity_key = ${key}::bigint`.execute(em.getKysely());
  return rows[0] ?? null;
}
