import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { Flip } from '../../sync/flips.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';

interface PairRef {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
}

/** What the pair's remote has recently come to. */
export async function readFlips(em: EntityManager, { process, type, key }: PairRef): Promise<readonly Flip[]> {
  const { rows } = await sql<{ flips: readonly Flip[] }>`
    SELECT flips FROM sync_flip
    WHERE sync_process = ${process} AND entity_type = ${type} AND entity_key = ${key}::bigint`.execute(em.getKysely());
  return rows[0]?.flips ?? [];
}

export async function writeFlips(
  em: EntityManager,
  { process, type, key }: PairRef,
  flips: readonly Flip[],
): Promise<void> {
  await sql`
    INSERT INTO sync_flip (sync_process, entity_type, entity_key, flips)
    VALUES (${process}, ${type}, ${key}::bigint, ${JSON.stringify(flips)}::jsonb)
    ON CONFLICT (sync_process, entity_type, entity_key) DO UPDATE SET flips = EXCLUDED.flips`.execute(em.getKysely());
}
