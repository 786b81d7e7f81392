import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable, recordTable } from '../table-names.ts';
import type { Detection } from './due-query.ts';
import type { PageRequest } from './find-page.ts';

/** The next keys of EMS's rows, due or not. */
export async function entityKeys(
  em: EntityManager,
  type: EntityType,
  { after, upTo = null, limit }: PageRequest,
): Promise<EntityKey[]> {
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT e.id AS key FROM ${sql.raw(entityTable(type))} e
    WHERE (${after}::bigint IS NULL OR e.id > ${after}::bigint) AND (${upTo}::bigint IS NULL OR e.id <= ${upTo}::bigint)
    ORDER BY e.id LIMIT ${limit}`.execute(em.getKysely());
  return rows.map(({ key }) => key);
}

/** The next keys of records, gone or not. */
export async function recordKeys(
  em: EntityManager,
  { process, mapping }: Detection,
  { after, upTo = null, limit }: PageRequest,
): Promise<EntityKey[]> {
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT sr.entity_key AS key FROM ${sql.raw(recordTable(mapping.type))} sr
    WHERE sr.sync_process = ${process} AND sr.entity_key IS NOT NULL
      AND (${after}::bigint IS NULL OR sr.entity_key > ${after}::bigint)
      AND (${upTo}::bigint IS NULL OR sr.entity_key <= ${upTo}::bigint)
    ORDER BY sr.entity_key LIMIT ${limit}`.execute(em.getKysely());
  return rows.map(({ key }) => key);
}
