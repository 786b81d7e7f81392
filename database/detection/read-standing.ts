import { sql } from 'kysely';
import type { EntityKey } from '../../sync/entity-type.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable } from '../table-names.ts';
import type { Detection } from './detection.ts';
import { joinHolders, otherHolders, SHARED } from './unique-holders.ts';

/** Whether the row passes the filter, and which row owns its shared remote record (itself, if nobody else). */
export interface Standing {
  readonly passes: boolean;
  readonly owner: EntityKey;
}

/** Null if EMS has no such row. */
export async function readStanding(em: EntityManager, detection: Detection, key: EntityKey): Promise<Standing | null> {
  const { mapping } = detection;
  const { rows } = await sql<{ passes: boolean; holders: Readonly<Record<string, EntityKey | null>> }>`
    SELECT (${sql.raw(mapping.filter)}) IS TRUE AS passes, ${otherHolders(detection)} AS holders
    FROM ${sql.raw(entityTable(mapping.type))} e ${joinHolders(detection, [key])}
    WHERE e.id = ${key}::bigint`.execute(em.getKysely());
  const [row] = rows;
  return row === undefined ? null : { passes: row.passes, owner: row.holders[SHARED] ?? key };
}
