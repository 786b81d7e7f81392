import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import { failureCode } from '../../sync/failure-code.ts';
import type { KeyedHash } from '../../sync/keyed-hash.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';

interface RemoteOf {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly remoteId: string;
}

/** The code of a pair whose remote record goes on as another row's, as {@link failureCode} takes it. */
export const SECOND_RECORD = 'second-record';

/** How a list showed the remote record of a parked pair, or of a parked record without a row. */
export interface ParkedListing {
  /** A keyed hash of it; null: no list has shown it since it was parked. */
  readonly listed: KeyedHash | null;
  /** How long lists have shown it so, in milliseconds. */
  readonly listedForMs: number | null;
  /** The reason for which it was parked although it was looked at after that; null: it must be looked at. */
  readonly judgedAs: string | null;
}

/** By remote id. */
export async function readParkedListings(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  remoteIds: readonly string[],
): Promise<ReadonlyMap<string, ParkedListing>> {
  if (remoteIds.length === 0) return new Map();
  const { rows } = await sql<ParkedListing & { remoteId: string }>`
    SELECT remote_id AS "remoteId", listed, judged_as AS "judgedAs",
      (extract(epoch FROM clock_timestamp() - listed_on) * 1000)::float8 AS "listedForMs"
    FROM sync_parked_listing
    WHERE sync_process = ${process} AND entity_type = ${type} AND remote_id = ANY (${[...remoteIds]}::text[])`.execute(
    em.getKysely(),
  );
  return new Map(rows.map((row) => [row.remoteId, row]));
}

/** Lists show these as they did not before: they must be looked at. */
export async function noteListings(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  shown: readonly { readonly remoteId: string; readonly listed: KeyedHash }[],
): Promise<void> {
  if (shown.length === 0) return;
  await sql`
    INSERT INTO sync_parked_listing (sync_process, entity_type, remote_id, listed, listed_on)
    SELECT ${process}, ${type}, v."remoteId", v.listed, clock_timestamp()
    FROM jsonb_to_recordset(${JSON.stringify(shown)}::jsonb) AS v("remoteId" text, listed text)
    ON CONFLICT (sync_process, entity_type, remote_id) DO UPDATE
    SET listed = EXCLUDED.listed, listed_on = EXCLUDED.listed_on, judged_as = NULL, updated_on = clock_timestamp()`.execute(
    em.getKysely(),
  );
}

/**
 * It was looked at, and parked.
 *
 * @param seen how lists showed it before it was fetched; null if what was fetched may be older than that.
 * @param goesOnAs the remote id under which it goes on, which is another row's.
 */
export async function noteParked(
  em: EntityManager,
  { process, type, remoteId }: RemoteOf,
  {
    reason,
    seen,
    goesOnAs,
  }: { readonly reason: string; readonly seen: KeyedHash | null; readonly goesOnAs: string | null },
): Promise<void> {
  await sql`
    INSERT INTO sync_parked_listing AS known (sync_process, entity_type, remote_id, goes_on_as)
    VALUES (${process}, ${type}, ${remoteId}, ${goesOnAs})
    ON CONFLICT (sync_process, entity_type, remote_id) DO UPDATE
    SET goes_on_as = EXCLUDED.goes_on_as, judged_as = CASE WHEN known.listed = ${seen}::text THEN ${reason}::text END,
      updated_on = clock_timestamp()`.execute(em.getKysely());
}

/** It is parked no longer. */
export async function forgetParkedListing(em: EntityManager, { process, type, remoteId }: RemoteOf): Promise<void> {
  await sql`
    DELETE FROM sync_parked_listing
    WHERE sync_process = ${process} AND entity_type = ${type} AND remote_id = ${remoteId}`.execute(em.getKysely());
}

/** Parked pairs whose remote record went on as one that was another row's, and is no row's any more. */
export async function pairsThatCanGoOn(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
): Promise<readonly EntityKey[]> {
  const table = sql.raw(recordTable(type));
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT sr.entity_key AS key FROM sync_parked_listing p
    JOIN ${table} sr ON sr.sync_process = p.sync_process AND sr.remote_id = p.remote_id
    WHERE p.sync_process = ${process} AND p.entity_type = ${type} AND p.goes_on_as IS NOT NULL
      AND sr.entity_key IS NOT NULL AND sr.state = 'PARKED' AND sr.last_error_code = ${failureCode(process, 'rejected', SECOND_RECORD)}
      AND NOT EXISTS (SELECT FROM ${table} holder WHERE holder.sync_process = p.sync_process
        AND holder.remote_id = p.goes_on_as AND holder.entity_key IS NOT NULL)
    ORDER BY sr.id`.execute(em.getKysely());
  return rows.map(({ key }) => key);
}
