import { sql } from 'kysely';
import type { Evaluated } from '../../sync/delivery.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { Orm } from '../orm.ts';
import { entityTable, recordTable } from '../table-names.ts';
import { knownSources, shortUnlessSettled } from './upsert-records.ts';

export interface Unchanged {
  readonly key: EntityKey;
  /** The fencing token that the record was read with. */
  readonly fencingToken: string;
  readonly evaluated: Evaluated;
}

/**
 * Touches the times of pairs with equal content, a page at a time, without child or remote call. A record or row that
 * has changed since is left to the next sweep. Writes only differences.
 *
 * @returns how many records were touched.
 */
export async function touchTimes(
  orm: Orm,
  process: SyncProcessName,
  type: EntityType,
  unchanged: readonly Unchanged[],
): Promise<number> {
  if (unchanged.length === 0) return 0;
  const values = unchanged.map(({ key, fencingToken, evaluated }) => ({
    key,
    fencingToken,
    modifiedOn: evaluated.modifiedOn,
    settled: evaluated.settled,
    sourcesVersion: knownSources(evaluated),
    mappingVersion: evaluated.mappingVersion,
    fingerprint: evaluated.fingerprint ?? null,
  }));
  const { rows } = await sql`
    UPDATE ${sql.raw(recordTable(type))} sr SET entity_synced_on = ${shortUnlessSettled('v."modifiedOn"')}, sources_version = v."sourcesVersion",
      mapping_version = v."mappingVersion", fingerprint = coalesce(v.fingerprint, sr.fingerprint), evaluated_on = NULL, entity_id = e.id, updated_on = clock_timestamp()
    FROM jsonb_to_recordset(${JSON.stringify(values)}::jsonb) AS v(key bigint, "fencingToken" bigint, "modifiedOn" timestamptz,
      settled boolean, "sourcesVersion" text, "mappingVersion" text, fingerprint jsonb),
      ${sql.raw(entityTable(type))} e
    WHERE sr.sync_process = ${process} AND sr.entity_key = v.key AND sr.pass = v."fencingToken" AND sr.state = 'IN_SYNC'
      AND e.id = v.key AND e.modified_on = v."modifiedOn"
      AND (sr.entity_synced_on, sr.sources_version, sr.mapping_version, sr.evaluated_on, sr.entity_id)
        IS DISTINCT FROM (${shortUnlessSettled('v."modifiedOn"')}, v."sourcesVersion", v."mappingVersion", NULL::timestamptz, e.id)
    RETURNING 1`.execute(orm.em.fork().getKysely());
  return rows.length;
}
