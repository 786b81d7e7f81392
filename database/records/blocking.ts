import { sql } from 'kysely';
import { formatRef, type EntityKey, type EntityType } from '../../sync/entity-type.ts';
import type { Base } from '../../sync/keyed-hash.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { Orm } from '../orm.ts';
import { recordTable } from '../table-names.ts';

/** The most blocked rows whose values are compared with the blocking row's. */
const MOST_BLOCKED = 20;

interface Ref {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
}

/**
 * Records the row that blocks this one while the attempt continues. When that row is asked to release a value, it reads
 * here for which rows. A record that a newer attempt has written is left alone.
 */
export async function noteBlocked(
  orm: Orm,
  { process, type, key }: Ref,
  { fencingToken, by }: { readonly fencingToken: bigint; readonly by: string },
): Promise<void> {
  await sql`
    UPDATE ${sql.raw(recordTable(type))} SET waiting_for = ${by}
    WHERE sync_process = ${process} AND entity_key = ${key}::bigint AND pass = ${fencingToken.toString()}::bigint`.execute(
    orm.em.fork().getKysely(),
  );
}

/** The rows of the same type that this one blocks. */
export async function findBlocked(orm: Orm, { process, type, key }: Ref): Promise<readonly EntityKey[]> {
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT entity_key AS key FROM ${sql.raw(recordTable(type))}
    WHERE sync_process = ${process} AND waiting_for = ${formatRef({ type, key })} AND entity_key IS NOT NULL
    ORDER BY entity_key LIMIT ${MOST_BLOCKED}`.execute(orm.em.fork().getKysely());
  return rows.map((row) => row.key);
}

/**
 * The target confirmed that it now holds less of the row than was delivered, so the hash is cleared. A record that a
 * newer attempt has written is left alone.
 *
 * @param released.base what the released fields now hold; null: the remote record no longer exists.
 */
export async function noteReleased(
  orm: Orm,
  { process, type, key }: Ref,
  { fencingToken, base }: { readonly fencingToken: bigint; readonly base: Base | null },
): Promise<void> {
  const after = base === null ? sql`remote_id = NULL, base = NULL` : sql`base = base || ${JSON.stringify(base)}::jsonb`;
  await sql`
    UPDATE ${sql.raw(recordTable(type))} SET content_hash = NULL, ${after}
    WHERE sync_process = ${process} AND entity_key = ${key}::bigint AND pass = ${fencingToken.toString()}::bigint`.execute(
    orm.em.fork().getKysely(),
  );
}
