import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { Fingerprint } from '../../sync/identity.ts';
import { failureCode } from '../../sync/failure-code.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';

interface PairOf {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly key: EntityKey;
}

/**
 * The target's record with this EMS id has nothing else in common with the row. Stores its remote id, which does not
 * count as the row's until an operator decides; nothing is known of the row it was created from. If another record has
 * the remote id, that one keeps it.
 */
export async function keepReissued(
  em: EntityManager,
  { process, type, key }: PairOf,
  { remoteId, fencingToken }: { readonly remoteId: string; readonly fencingToken: bigint },
): Promise<void> {
  const table = sql.raw(recordTable(type));
  // Removes the parked record of this remote id without a row, because it is this one.
  await sql`
    DELETE FROM ${table} WHERE sync_process = ${process} AND remote_id = ${remoteId} AND entity_key IS NULL`.execute(
    em.getKysely(),
  );
  await sql`
    UPDATE ${table} sr SET remote_id = ${remoteId}, fingerprint = NULL, reissued = 'parked', base = NULL, content_hash = NULL
    WHERE sr.sync_process = ${process} AND sr.entity_key = ${key}::bigint AND sr.pass <= ${fencingToken.toString()}::bigint
      AND NOT EXISTS (SELECT FROM ${table} known WHERE known.sync_process = ${process} AND known.remote_id = ${remoteId}
        AND known.id <> sr.id)`.execute(em.getKysely());
}

/** Parks a pair that was just linked only by its EMS id. */
export async function parkReissued(em: EntityManager, pair: PairOf, reason: string): Promise<void> {
  const { process, type, key } = pair;
  await sql`
    UPDATE ${sql.raw(recordTable(type))} SET state = 'PARKED', reissued = 'parked', last_error_class = 'rejected',
      last_error_code = ${failureCode(process, 'rejected', 'reissued')}, last_error = ${reason}, updated_on = clock_timestamp()
    WHERE sync_process = ${process} AND entity_key = ${key}::bigint`.execute(em.getKysely());
}

/** Whether this pair waits for an operator to decide about a reused id. */
export async function isParkedAsReissued(em: EntityManager, { process, type, key }: PairOf): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM ${sql.raw(recordTable(type))}
    WHERE sync_process = ${process} AND entity_key = ${key}::bigint AND reissued = 'parked'`.execute(em.getKysely());
  return rows.length > 0;
}

/** An operator decided that the row is the one that was delivered: what is known of the remote applies to it. */
export async function adoptRow(em: EntityManager, { process, type, key }: PairOf): Promise<void> {
  await sql`
    UPDATE ${sql.raw(recordTable(type))} SET reissued = NULL, fingerprint = NULL, content_hash = NULL, state = 'PENDING',
      last_error_class = NULL, last_error_code = NULL, last_error = NULL, updated_on = clock_timestamp()
    WHERE sync_process = ${process} AND entity_key = ${key}::bigint AND reissued = 'parked'`.execute(em.getKysely());
}

/**
 * An operator decided that the row is a different one: the next delivery first removes the former row's remote record.
 */
export async function markAnew(em: EntityManager, { process, type, key }: PairOf): Promise<void> {
  await sql`
    UPDATE ${sql.raw(recordTable(type))} SET reissued = 'anew', state = 'PENDING', last_error_class = NULL, last_error_code = NULL,
      last_error = NULL, updated_on = clock_timestamp()
    WHERE sync_process = ${process} AND entity_key = ${key}::bigint AND reissued = 'parked'`.execute(em.getKysely());
}

/**
 * Assigns the record to the new row, which is not at the target yet. What the target keeps of the former row is stored
 * as a record without a row, so that no poll creates a row from it. Refusals of the former person stay with the
 * address, not with the new person.
 *
 * @param keptAs the remote id under which the target keeps the former row's record; null: it has none.
 */
export async function detachFormerRow(
  em: EntityManager,
  { process, type, key }: PairOf,
  keptAs: string | null,
): Promise<void> {
  const table = sql.raw(recordTable(type));
  await sql`
    UPDATE ${table} SET remote_id = NULL, base = NULL, content_hash = NULL, remote_synced_on = NULL, entity_synced_on = NULL,
      shared_with = NULL, fingerprint = NULL, reissued = NULL, state = 'PENDING', updated_on = clock_timestamp()
    WHERE sync_process = ${process} AND entity_key = ${key}::bigint`.execute(em.getKysely());
  if (keptAs !== null) {
    const reason = `was ${type}/${key}'s, whose id EMS has given out again`;
    await sql`
      INSERT INTO ${table} (sync_process, remote_id, state, last_error, updated_on)
      VALUES (${process}, ${keptAs}, 'REMOVED', ${reason}, clock_timestamp())
      ON CONFLICT (sync_process, remote_id) DO NOTHING`.execute(em.getKysely());
  }
  if (type !== 'Person') return;
  await sql`
    UPDATE sync_suppression SET entity_key = NULL
    WHERE sync_process = ${process} AND entity_key = ${key}::bigint`.execute(em.getKysely());
}

/**
 * A row that we write ourselves stays the same row, however much changes: the fingerprints in other targets' records
 * are updated.
 *
 * @param isSame whether a recorded fingerprint matched the row before the change.
 */
export async function followRow(
  em: EntityManager,
  type: EntityType,
  key: EntityKey,
  { isSame, fingerprint }: { readonly isSame: (recorded: Fingerprint) => boolean; readonly fingerprint: Fingerprint },
): Promise<void> {
  const table = sql.raw(recordTable(type));
  const { rows } = await sql<{ id: string; fingerprint: Fingerprint }>`
    SELECT id, fingerprint FROM ${table}
    WHERE entity_key = ${key}::bigint AND fingerprint IS NOT NULL AND reissued IS NULL`.execute(em.getKysely());
  const same = rows.filter((row) => isSame(row.fingerprint)).map(({ id }) => id);
  if (same.length === 0) return;
  await sql`
    UPDATE ${table} SET fingerprint = ${JSON.stringify(fingerprint)}::jsonb WHERE id = ANY (${same}::bigint[])`.execute(
    em.getKysely(),
  );
}
