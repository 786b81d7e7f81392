import { sql } from 'kysely';
import type { EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';

/** What triggers noted is read for at most a day; see {@link noteComparisons}. */
export const CHANGES_KEPT_MS = 86_400_000;

/**
 * Notes that these types have been compared in full just now, and forgets changes that no sweep reads any more. An idle
 * sweep writes nothing, so what is minutes old counts as new.
 */
export async function noteComparisons(
  em: EntityManager,
  process: SyncProcessName,
  types: readonly EntityType[],
): Promise<void> {
  if (types.length === 0) return;
  const kysely = em.getKysely();
  await sql`
    INSERT INTO sync_comparison AS known (sync_process, entity_type, compared_on)
    SELECT ${process}, type, clock_timestamp() FROM unnest(${[...types]}::text[]) type
    ON CONFLICT (sync_process, entity_type) DO UPDATE SET compared_on = EXCLUDED.compared_on
    WHERE known.compared_on < EXCLUDED.compared_on - interval '5 minutes'`.execute(kysely);
  for (const table of ['sync_change', 'sync_outbox']) {
    await sql`
      DELETE FROM ${sql.raw(table)} WHERE written_on < clock_timestamp() - ${2 * CHANGES_KEPT_MS} * interval '1 millisecond'`.execute(
      kysely,
    );
  }
}

/** Seconds since each type of these processes was compared in full, by `process/type`. */
export async function readComparisons(em: EntityManager): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ name: string; seconds: number }>`
    SELECT sync_process || '/' || entity_type AS name,
      greatest(0, floor(extract(epoch FROM statement_timestamp() - compared_on)))::integer AS seconds
    FROM sync_comparison`.execute(em.getKysely());
  return new Map(rows.map(({ name, seconds }) => [name, seconds]));
}
