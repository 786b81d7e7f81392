import { sql } from 'kysely';
import { ENTITY_TYPES, type EntityKey, type EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';
import { pairsThatCanGoOn } from './parked-listings.ts';
import { findByRemoteIds, referenceIds } from './find-by-remote-id.ts';

export interface Unfinished {
  readonly keys: readonly EntityKey[];
  readonly remoteIds: readonly string[];
}

/** The most records that one poll restarts. */
const LIMIT = 1_000;

/**
 * Inbound records whose workflow may have ended without a result: unfinished or failing pairs with a remote record, and
 * remote records waiting for a row. The cursor is past them, so each poll resumes them; those that refer to another
 * remote record only once that has a row. And parked pairs whose remote record went on as another row's, once that row has
 * let it go.
 */
export async function findUnfinished(
  em: EntityManager,
  process: SyncProcessName,
  type: EntityType,
): Promise<Unfinished> {
  const { rows } = await sql<Row>`
    SELECT entity_key AS key, remote_id, waiting_for FROM ${sql.raw(recordTable(type))}
    WHERE sync_process = ${process} AND remote_id IS NOT NULL
      AND (state IN ('PENDING', 'FAILING') OR (state = 'WAITING' AND entity_key IS NULL))
    ORDER BY id LIMIT ${LIMIT}`.execute(em.getKysely());
  const strangers = rows.filter(({ key }) => key === null);
  const missing = await missingReferences(em, process, strangers);
  return {
    keys: [...rows.flatMap(({ key }) => key ?? []), ...(await pairsThatCanGoOn(em, process, type))],
    remoteIds: strangers.filter((row) => !missing.has(row)).map(({ remote_id }) => remote_id),
  };
}

interface Row {
  readonly key: EntityKey | null;
  readonly remote_id: string;
  /** For `Race 567/12890`, the remote record it refers to; otherwise a description. */
  readonly waiting_for: string | null;
}

/** Records that refer to a remote record without a row: they cannot be resolved before it has one. */
async function missingReferences(
  em: EntityManager,
  process: SyncProcessName,
  strangers: readonly Row[],
): Promise<ReadonlySet<Row>> {
  const missing = new Set<Row>();
  const awaited = Map.groupBy(strangers, ({ waiting_for }) => REFERENCE.exec(waiting_for ?? '')?.[1]);
  for (const [type, rows] of awaited) {
    const ofType = ENTITY_TYPES.find((one) => one === type);
    if (ofType === undefined) continue;
    const idsOf = ({ waiting_for }: Row) => referenceIds(REFERENCE.exec(waiting_for ?? '')?.[2] ?? '');
    const known = await findByRemoteIds(em, process, ofType, [...new Set(rows.flatMap(idsOf))]);
    for (const row of rows) if (!idsOf(row).some((id) => known.get(id)?.inEms === true)) missing.add(row);
  }
  return missing;
}

const REFERENCE = /^([A-Za-z]+) (\S+)$/;
