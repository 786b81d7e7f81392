import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';

/** One list of remote records that shows everything. */
interface List {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly scope: string;
}

export type HoldKind = 'unlink' | 'delete' | 'update';

/** Work that a poll or a sweep holds back until an operator approves it, or its cause is gone. */
export interface Hold {
  readonly id: string;
  readonly process: SyncProcessName;
  readonly type: EntityType;
  /** `unlink`: many remote records are missing at once; `delete`, `update`: a sweep would remove or change many. */
  readonly kind: HoldKind;
  readonly held: number;
  /** Linked records of the type, including held ones. */
  readonly linked: number;
  readonly examples: readonly EntityKey[];
  /** As PostgreSQL writes it. */
  readonly heldOn: string;
  readonly approvedOn: string | null;
}

export const EXAMPLES = 10;

export const holdColumns = sql`id, sync_process AS process, entity_type AS type, kind, held, linked, examples::text[] AS examples,
  held_on AS "heldOn", approved_on AS "approvedOn"`;

/** The list is read from its beginning: discard what an unfinished poll recorded. */
export async function forgetMissing(em: EntityManager, { process, type, scope }: List): Promise<void> {
  await sql`
    DELETE FROM sync_missing WHERE sync_process = ${process} AND entity_type = ${type} AND scope = ${scope}`.execute(
    em.getKysely(),
  );
}

/** Records what a page of the list should contain and does not. */
export async function noteMissing(em: EntityManager, list: List, keys: readonly EntityKey[]): Promise<void> {
  if (keys.length === 0) return;
  const { process, type, scope } = list;
  await sql`
    INSERT INTO sync_missing (sync_process, entity_type, scope, entity_key)
    SELECT ${process}, ${type}, ${scope}, key FROM unnest(${[...keys]}::bigint[]) key
    ON CONFLICT DO NOTHING`.execute(em.getKysely());
}

/** What all pages of the list lacked. */
export async function readMissing(em: EntityManager, { process, type, scope }: List): Promise<readonly EntityKey[]> {
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT entity_key AS key FROM sync_missing
    WHERE sync_process = ${process} AND entity_type = ${type} AND scope = ${scope} ORDER BY entity_key`.execute(
    em.getKysely(),
  );
  return rows.map(({ key }) => key);
}

export async function countLinked(em: EntityManager, process: SyncProcessName, type: EntityType): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*)::integer AS count FROM ${sql.raw(recordTable(type))}
    WHERE sync_process = ${process} AND entity_key IS NOT NULL AND remote_id IS NOT NULL
      AND state NOT IN ('UNLINKED', 'REMOVED')`.execute(em.getKysely());
  return rows[0]?.count ?? 0;
}

/** Every open hold of these processes, oldest first. */
export async function readHolds(em: EntityManager, processes: readonly SyncProcessName[]): Promise<readonly Hold[]> {
  const { rows } = await sql<Hold>`
    SELECT ${holdColumns} FROM sync_hold WHERE sync_process = ANY (${[...processes]}::text[]) ORDER BY id`.execute(
    em.getKysely(),
  );
  return rows;
}

/** Whether this kind of work is held back without approval. */
export async function isHeld(
  em: EntityManager,
  { process, type, kind }: Pick<Hold, 'process' | 'type' | 'kind'>,
): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM sync_hold
    WHERE sync_process = ${process} AND entity_type = ${type} AND kind = ${kind} AND approved_on IS NULL`.execute(
    em.getKysely(),
  );
  return rows.length > 0;
}

/**
 * Holds these rows back. An approval applies only to the rows held when it was given: if others are missing now, the
 * hold gets a new number and must be approved again.
 *
 * @returns the hold; `approvedOn` is set if these rows may be unlinked.
 */
export async function hold(
  em: EntityManager,
  { process, type }: Pick<List, 'process' | 'type'>,
  { keys, linked }: { readonly keys: readonly EntityKey[]; readonly linked: number },
): Promise<Hold> {
  const hash = createHash('sha256').update(keys.join(',')).digest('hex');
  const kysely = em.getKysely();
  await sql`
    DELETE FROM sync_hold WHERE sync_process = ${process} AND entity_type = ${type} AND kind = 'unlink'
      AND held_hash <> ${hash}`.execute(kysely);
  const { rows } = await sql<Hold>`
    INSERT INTO sync_hold AS known (sync_process, entity_type, kind, held, linked, examples, held_hash)
    VALUES (${process}, ${type}, 'unlink', ${keys.length}, ${linked}, ${keys.slice(0, EXAMPLES)}::bigint[], ${hash})
    ON CONFLICT (sync_process, entity_type, kind) DO UPDATE SET linked = EXCLUDED.linked
    RETURNING ${holdColumns}`.execute(kysely);
  const [held] = rows;
  if (held === undefined) throw new Error('an INSERT that returns no row');
  return held;
}

/** The cause is gone, or the hold was approved. */
export async function endHold(em: EntityManager, process: SyncProcessName, type: EntityType): Promise<void> {
  await sql`
    DELETE FROM sync_hold WHERE sync_process = ${process} AND entity_type = ${type} AND kind = 'unlink'`.execute(
    em.getKysely(),
  );
}

/** @returns the approved hold; null if there is no such hold. */
export async function approveHold(em: EntityManager, process: SyncProcessName, id: string): Promise<Hold | null> {
  const { rows } = await sql<Hold>`
    UPDATE sync_hold SET approved_on = coalesce(approved_on, clock_timestamp())
    WHERE sync_process = ${process} AND id = ${id}::bigint RETURNING ${holdColumns}`.execute(em.getKysely());
  return rows[0] ?? null;
}
