import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { Subject } from '../../sync/sealed-values.ts';
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
  /** Encrypts the values, bound to a subject. */
  readonly seal: (subject: string) => Uint8Array;
}

/** Which conflict values belong to. */
export type ConflictSubject = Pick<Conflict, 'process' | 'type' | 'key' | 'fields'> & { readonly id: string };

/**
 * The associated data of encrypted values: those of one conflict do not open as another's, nor for other fields. Values
 * from before they were bound to their conflict and fields still open, and `rekey` binds them.
 */
export const conflictSubject = ({ process, type, key, id, fields }: ConflictSubject): Subject => ({
  subject: JSON.stringify([process, type, key, id, [...fields]]),
  former: `${process}/${type}/${key}`,
});

/**
 * Stores remote values that EMS did not take over. A new proposal replaces the pair's open ones for the same fields, so
 * that a visitor cannot fill the table. It gets a number of its own: nobody accepts other values than those shown. To be
 * called in a transaction.
 */
export async function writeConflict(em: EntityManager, conflict: Conflict): Promise<void> {
  const { process, type, key, kind, remoteId, fields, seal } = conflict;
  if (kind === 'proposed') await forgetProposals(em, conflict);
  // Its number is known only afterwards. The caller's transaction shows nobody the line without its values.
  const { rows } = await sql<{ id: string }>`
    INSERT INTO sync_conflict (sync_process, entity_type, entity_key, kind, remote_id, fields, encrypted_values)
    VALUES (${process}, ${type}, ${key}::bigint, ${kind}, ${remoteId}, ${[...fields]}::text[], '')
    RETURNING id`.execute(em.getKysely());
  const [row] = rows;
  if (row === undefined) throw new Error('the conflict was not inserted');
  const sealed = Buffer.from(seal(conflictSubject({ process, type, key, fields, id: row.id }).subject));
  await sql`UPDATE sync_conflict SET encrypted_values = ${sealed} WHERE id = ${row.id}::bigint`.execute(em.getKysely());
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
