import { sql } from 'kysely';
import type { EntityType } from '../../sync/entity-type.ts';
import { formatInstant, parseInstant, type Instant } from '../../sync/instant.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';

export interface CursorRef {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly scope: string;
}

/** The latest remote time seen by a poll of this scope; null: no poll has finished yet. */
export async function readCursor(em: EntityManager, { process, type, scope }: CursorRef): Promise<Instant | null> {
  const { rows } = await sql<{ position: string }>`
    SELECT position FROM sync_cursor
    WHERE sync_process = ${process} AND entity_type = ${type} AND scope = ${scope}`.execute(em.getKysely());
  return rows[0] === undefined ? null : parseInstant(rows[0].position);
}

/** Moves a cursor forward; writes nothing if it is already there. */
export async function advanceCursor(
  em: EntityManager,
  { process, type, scope }: CursorRef,
  seenUpTo: Instant,
): Promise<void> {
  await sql`
    INSERT INTO sync_cursor AS c (sync_process, entity_type, scope, position)
    SELECT ${process}, ${type}, ${scope}, ${formatInstant(seenUpTo)}::timestamptz
    WHERE NOT EXISTS (SELECT FROM sync_cursor WHERE sync_process = ${process} AND entity_type = ${type}
      AND scope = ${scope} AND position >= ${formatInstant(seenUpTo)}::timestamptz)
    ON CONFLICT (sync_process, entity_type, scope) DO UPDATE SET position = EXCLUDED.position
    WHERE c.position < EXCLUDED.position`.execute(em.getKysely());
}
