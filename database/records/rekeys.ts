import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';

/**
 * Records, before the call, the new id that it gives the remote record. The record keeps the old id until the change is
 * confirmed.
 */
export async function announceRekey(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  { key, rekeyingTo }: { readonly key: EntityKey; readonly rekeyingTo: string },
): Promise<void> {
  await sql`
    INSERT INTO sync_rekey (sync_process, entity_type, entity_key, rekeying_to)
    VALUES (${process}, ${type}, ${key}::bigint, ${rekeyingTo})
    ON CONFLICT (sync_process, entity_type, entity_key) DO UPDATE SET rekeying_to = EXCLUDED.rekeying_to`.execute(
    em.getKysely(),
  );
}

/** The announced ids of these pairs; those without an unconfirmed rekey are left out. */
export async function readRekeys(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  keys: readonly EntityKey[],
): Promise<ReadonlyMap<EntityKey, string>> {
  const { rows } = await sql<{ key: EntityKey; rekeying_to: string }>`
    SELECT entity_key AS key, rekeying_to FROM sync_rekey
    WHERE sync_process = ${process} AND entity_type = ${type} AND entity_key = ANY (${[...keys]}::bigint[])`.execute(
    em.getKysely(),
  );
  return new Map(rows.map((row) => [row.key, row.rekeying_to]));
}

/** The remote ids of these pairs are confirmed, or no longer matter. */
export async function forgetRekeys(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  keys: readonly EntityKey[],
): Promise<void> {
  if (keys.length === 0) return;
  await sql`
    DELETE FROM sync_rekey
    WHERE sync_process = ${process} AND entity_type = ${type} AND entity_key = ANY (${[...keys]}::bigint[])`.execute(
    em.getKysely(),
  );
}
