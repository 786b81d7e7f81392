import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';

export interface Conflict {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
  readonly remoteId: string;
  readonly fields: readonly string[];
  /** The output of `seal`, bound to `conflictSubject`. */
  readonly sealed: Uint8Array;
}

/** The associated data of encrypted values, so that one conflict's values cannot be used for another's. */
export const conflictSubject = ({ process, type, key }: Pick<Conflict, 'process' | 'type' | 'key'>) =>
  `${process}/${type}/${key}`;

/** Stores the remote values that lost against EMS. */
export async function writeConflict(em: EntityManager, conflict: Conflict): Promise<void> {
  const { process, type, key, remoteId, fields, sealed } = conflict;
  await sql`
    INSERT INTO sync_conflict (sync_process, entity_type, entity_key, remote_id, fields, encrypted_values)
    VALUES (${process}, ${type}, ${key}::bigint, ${remoteId}, ${[...fields]}::text[], ${Buffer.from(sealed)})`.execute(
    em.getKysely(),
  );
}

/** The values of this conflict are now in EMS. */
export async function markRestored(em: EntityManager, id: string): Promise<void> {
  await sql`UPDATE sync_conflict SET restored_on = clock_timestamp() WHERE id = ${id}::bigint`.execute(em.getKysely());
}
