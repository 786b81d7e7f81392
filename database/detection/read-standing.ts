import { sql } from 'kysely';
import type { EntityKey } from '../../sync/entity-type.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable } from '../table-names.ts';
import { sharedOwner, type Detection } from './due-query.ts';

/** Whether the target takes a row, and who owns the remote record that it shares (itself, if nobody else does). */
export interface Standing {
  readonly passes: boolean;
  readonly owner: EntityKey;
}

/** Null: EMS has no such row. */
export async function readStanding(em: EntityManager, detection: Detection, key: EntityKey): Promise<Standing | null> {
  const { mapping } = detection;
  const { rows } = await sql<Standing>`
    SELECT (${sql.raw(mapping.filter)}) IS TRUE AS passes, ${sharedOwner(detection)} AS owner
    FROM ${sql.raw(entityTable(mapping.type))} e WHERE e.id = ${key}::bigint`.execute(em.getKysely());
  return rows[0] ?? null;
}
