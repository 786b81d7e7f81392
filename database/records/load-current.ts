import { sql } from 'kysely';
import type { EntityKey } from '../../sync/entity-type.ts';
import type { Stamp } from '../../sync/instant.ts';
import type { Detection } from '../detection/detection.ts';
import { newestTime } from '../detection/due-query.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable } from '../table-names.ts';

/** Whether a row that was read before is still what it was. */
export interface CurrentRow {
  readonly key: EntityKey;
  readonly modifiedOn: Stamp;
  readonly passesFilter: boolean;
  /** False if it changed within the settle time: see `settled` of a pair. */
  readonly settled: boolean;
}

/** Those of these rows that EMS has, without their columns and records. */
export async function loadCurrent(
  em: EntityManager,
  detection: Detection,
  keys: readonly EntityKey[],
): Promise<readonly CurrentRow[]> {
  if (keys.length === 0) return [];
  const { mapping, settleMs } = detection;
  const { rows } = await sql<CurrentRow>`
    SELECT e.id AS key, e.modified_on AS "modifiedOn", (${sql.raw(mapping.filter)}) IS TRUE AS "passesFilter",
      ${newestTime(detection)} <= clock_timestamp() - ${settleMs} * interval '1 millisecond' AS settled
    FROM ${sql.raw(entityTable(mapping.type))} e WHERE e.id = ANY (${[...keys]}::bigint[])`.execute(em.getKysely());
  return rows;
}
