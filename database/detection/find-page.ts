import { sql } from 'kysely';
import type { EntityKey } from '../../sync/entity-type.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';
import type { Detection } from './detection.ts';
import { dueRows, goneRows, type DueReason } from './due-query.ts';

export interface PageRequest {
  /** The last key of the previous page; `null`: from the beginning. Pages go by key, never by offset. */
  readonly after: EntityKey | null;
  /** The highest key to return; left out: unlimited. */
  readonly upTo?: EntityKey | null;
  readonly limit: number;
  /** Excludes rows whose delivery has started and is not confirmed, because their workflows are retrying. */
  readonly notBegun?: boolean;
  /** SQL condition on the row `e`; left out: none. */
  readonly condition?: string;
  /** Only these keys; left out: all. */
  readonly keys?: readonly EntityKey[];
}

/** The next keys that are due and settled, in order; fewer than `limit` means there are no more. */
export async function findDuePage(em: EntityManager, detection: Detection, page: PageRequest): Promise<EntityKey[]> {
  const { rows } = await sql<{ key: EntityKey }>`
    SELECT page.key FROM (${dueRows(detection, page)}) page
    WHERE page.age <> 'unsettled' AND ${page.notBegun === true ? sql`page.reason <> 'unconfirmed'` : sql`true`}
    ORDER BY page.key LIMIT ${page.limit}`.execute(em.getKysely());
  return rows.map(({ key }) => key);
}

/** Omits a bound that is not set, so that PostgreSQL can use the others as index conditions. */
function within({ after, upTo = null }: PageRequest) {
  const from = after === null ? sql`true` : sql`page.key > ${after}::bigint`;
  return upTo === null ? from : sql`${from} AND page.key <= ${upTo}::bigint`;
}

/**
 * The next keys that must leave the target, in order. Records whose row was deleted in EMS are marked as orphans
 * (`entity_id` null).
 */
export async function findGonePage(em: EntityManager, detection: Detection, page: PageRequest): Promise<EntityKey[]> {
  const { rows } = await sql<{ key: EntityKey; reason: DueReason }>`
    SELECT page.key, page.reason FROM (${goneRows(detection, page.keys)}) page
    WHERE ${within(page)} AND ${page.notBegun === true ? sql`NOT page.begun` : sql`true`}
    ORDER BY page.key LIMIT ${page.limit}`.execute(em.getKysely());
  await markOrphans(
    em,
    detection,
    rows.filter(({ reason }) => reason === 'deleted').map(({ key }) => key),
  );
  return rows.map(({ key }) => key);
}

async function markOrphans(em: EntityManager, { process, mapping }: Detection, keys: readonly EntityKey[]) {
  if (keys.length === 0) return;
  await sql`
    UPDATE ${sql.raw(recordTable(mapping.type))} SET entity_id = NULL
    WHERE sync_process = ${process} AND entity_key = ANY (${keys}::bigint[]) AND entity_id IS NOT NULL`.execute(
    em.getKysely(),
  );
}
