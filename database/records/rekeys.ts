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

/** Null if no rekey is unconfirmed. */
export async function readRekey(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  key: EntityKey,
): Promise<string | null> {
  const { rows } = await sql<{ rekeying_to: string }>`
    SELECT rekeying_to FROM sync_rekey
    WHERE sync_process = ${process} AND entity_type = ${type} AND entity_key = ${key}::bigint`.execute(em.getKysely());
  return rows[0]?.rekeying_to ?? null;
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
