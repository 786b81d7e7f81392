import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { RemoteState } from '../../sync/oscillation.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';

interface PairRef {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
}

/** The recent states of the pair's remote. */
export async function readOscillation(
  em: EntityManager,
  { process, type, key }: PairRef,
): Promise<readonly RemoteState[]> {
  const { rows } = await sql<{ states: readonly RemoteState[] }>`
    SELECT states FROM sync_oscillation
    WHERE sync_process = ${process} AND entity_type = ${type} AND entity_key = ${key}::bigint`.execute(em.getKysely());
  return rows[0]?.states ?? [];
}

export async function writeOscillation(
  em: EntityManager,
  { process, type, key }: PairRef,
  states: readonly RemoteState[],
): Promise<void> {
  await sql`
    INSERT INTO sync_oscillation (sync_process, entity_type, entity_key, states)
    VALUES (${process}, ${type}, ${key}::bigint, ${JSON.stringify(states)}::jsonb)
    ON CONFLICT (sync_process, entity_type, entity_key) DO UPDATE
    SET states = EXCLUDED.states, updated_on = clock_timestamp()`.execute(em.getKysely());
}
