import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';

export interface Conflict {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
  /** `lost`: EMS has a value of its own. `proposed`: anybody may have written it, so an operator decides. */
  readonly kind: 'lost' | 'proposed';
  readonly remoteId: string;
  readonly fields: readonly string[];
  /** The output of `seal`, bound to `conflictSubject`. */
  readonly sealed: Uint8Array;
}

/** The associated data of encrypted values, so that one conflict's values cannot be used for another's. */
export const conflictSubject = ({ process, type, key }: Pick<Conflict, 'process' | 'type' | 'key'>) =>
  `${process}/${type}/${key}`;

/**
 * Stores remote values that EMS did not take over. A new proposal replaces the pair's open ones for the same fields, so
 * that a visitor cannot fill the table. It gets a number of its own: nobody accepts other values than those shown.
 */
export async function writeConflict(em: EntityManager, conflict: Conflict): Promise<void> {
  const { process, type, key, kind, remoteId, fields, sealed } = conflict;
  if (kind === 'proposed') await forgetProposals(em, conflict);
  await sql`
    INSERT INTO sync_conflict (sync_process, entity_type, entity_key, kind, remote_id, fields, encrypted_values)
    VALUES (${process}, ${type}, ${key}::bigint, ${kind}, ${remoteId}, ${[...fields]}::text[], ${Buffer.from(sealed)})`.execute(
    em.getKysely(),
  );
}

async function forgetProposals(em: EntityManager, { process, type, key, fields }: Conflict): Promise<void> {
  await sql`
    DELETE FROM sync_conflict WHERE sync_process = ${process} AND entity_type = ${type} AND entity_key = ${key}::bigint
      AND kind = 'proposed' AND restored_on IS NULL AND refused_on IS NULL
      AND fields <@ ${[...fields]}::text[]`.execute(em.getKysely());
}

/** @returns whether it was an open proposal. */
export async function refuseProposal(em: EntityManager, id: string): Promise<boolean> {
  const { rows } = await sql`
    UPDATE sync_conflict SET refused_on = clock_timestamp()
    WHERE id = ${id}::bigint AND kind = 'proposed' AND restored_on IS NULL AND refused_on IS NULL
    RETURNING id`.execute(em.getKysely());
  return rows.length > 0;
}

/** The values of this conflict are now in EMS. */
export async function markRestored(em: EntityManager, id: string): Promise<void> {
  await sql`UPDATE sync_conflict SET restored_on = clock_timestamp() WHERE id = ${id}::bigint`.execute(em.getKysely());
}
