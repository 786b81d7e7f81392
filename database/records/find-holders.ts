import { sql } from 'kysely';
import { ADDRESS_FIELD } from '../../sync/address-hash.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';

/** The rows with a remote record that was last known to have each of these addresses, by the address's hash. */
export async function findHoldersOfAddresses(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, readonly EntityKey[]>> {
  const { rows } = await sql<{ hash: string; keys: readonly EntityKey[] }>`
    SELECT base ->> ${sql.lit(ADDRESS_FIELD)} AS hash, array_agg(entity_key::text) AS keys
    FROM ${sql.raw(recordTable(type))}
    WHERE sync_process = ${process} AND base ->> ${sql.lit(ADDRESS_FIELD)} = ANY (${[...hashes]}::text[])
      AND remote_id IS NOT NULL AND entity_key IS NOT NULL
    GROUP BY 1`.execute(em.getKysely());
  return new Map(rows.map(({ hash, keys }) => [hash, keys]));
}

/** The remote ids on the records of these rows; rows without one are left out. */
export async function findRemoteIds(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
  keys: readonly EntityKey[],
): Promise<ReadonlyMap<EntityKey, string>> {
  const { rows } = await sql<{ key: EntityKey; remote: string }>`
    SELECT entity_key AS key, remote_id AS remote FROM ${sql.raw(recordTable(type))}
    WHERE sync_process = ${process} AND entity_key = ANY (${[...keys]}::bigint[]) AND remote_id IS NOT NULL`.execute(
    em.getKysely(),
  );
  return new Map(rows.map(({ key, remote }) => [key, remote]));
}
