import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { UNCONFIRMED_STATES } from '../../sync/sync-state.ts';
import { entityTable, recordTable } from '../table-names.ts';

/**
 * Writes what a plan has found due. A row counts as due since EMS changed it; but not since before the type was last
 * compared in full, when it was not due yet: a row may be years old when a process is switched on or its mapping changes.
 * While rows are left that an earlier plan has seen, its time stays. Rows with a time in the future are looked at by every
 * sweep, so that alone is not written down.
 *
 * @param keys some of the rows; empty if only removals are due, of which EMS has no time.
 */
export async function writeDue(
  em: EntityManager,
  { process, type }: { readonly process: SyncProcessName; readonly type: EntityType },
  { due, keys }: { readonly due: number; readonly keys: readonly EntityKey[] },
): Promise<void> {
  await sql`
    WITH oldest AS (
      -- OFFSET 0: otherwise PostgreSQL looks for the oldest of all rows first.
      SELECT min(e.modified_on) AS changed_on FROM (
        SELECT modified_on FROM ${sql.raw(entityTable(type))} WHERE id = ANY (${[...keys]}::bigint[]) OFFSET 0) e
    ), found AS (
      SELECT changed_on, least(statement_timestamp(),
        greatest(changed_on, coalesce(c.compared_on, statement_timestamp()))) AS since
      FROM oldest LEFT JOIN sync_comparison c ON c.sync_process = ${process} AND c.entity_type = ${type}
    )
    INSERT INTO sync_due AS known (sync_process, entity_type, due, due_since, measured_on)
    SELECT ${process}, ${type}, ${due}::integer, since, statement_timestamp() FROM found
    WHERE changed_on IS NULL OR changed_on <= statement_timestamp()
    ON CONFLICT (sync_process, entity_type) DO UPDATE SET due = EXCLUDED.due, measured_on = EXCLUDED.measured_on,
      due_since = CASE WHEN known.due = 0 OR (SELECT changed_on FROM oldest) > known.measured_on THEN EXCLUDED.due_since
        ELSE known.due_since END`.execute(em.getKysely());
}

/** Those of these due rows whose attempts are not under way. */
export async function withoutBegun(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  keys: readonly EntityKey[],
): Promise<readonly EntityKey[]> {
  if (keys.length === 0) return keys;
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT sr.entity_key AS key FROM ${sql.raw(recordTable(type))} sr
    WHERE sr.sync_process = ${process} AND sr.entity_key = ANY (${[...keys]}::bigint[]) AND sr.entity_id IS NOT NULL
      AND sr.state = ANY (${[...UNCONFIRMED_STATES]}::text[])`.execute(em.getKysely());
  const begun = new Set(rows.map(({ key }) => key));
  return keys.filter((key) => !begun.has(key));
}

/** Nothing of these types is due any more. Writes nothing if nothing was. */
export async function clearDue(
  em: EntityManager,
  process: SyncProcessName,
  types: readonly EntityType[],
): Promise<void> {
  await sql`
    UPDATE sync_due SET due = 0
    WHERE sync_process = ${process} AND entity_type = ANY (${[...types]}::text[]) AND due > 0`.execute(em.getKysely());
}
