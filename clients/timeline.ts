import { sql } from 'kysely';
import type { Orm } from '../database/orm.ts';
import { formatInstant, parseInstant } from '../sync/instant.ts';
import type { EntityRef } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';

/** What happened to one entity at one target. */
export interface Happening {
  /** RFC 3339 in UTC. */
  readonly on: string;
  readonly process: SyncProcessName;
  /** For example `created`, `updated`, `parked`, or `conflict`: a remote value that lost. */
  readonly happened: string;
  /** The failure; docs/errors.md says what it means. */
  readonly code: string | null;
  /** What it waits for, for example `Event/21`; of a conflict, its number. */
  readonly about: string | null;
  /** The keyed hash of what the target then held. */
  readonly hash: string | null;
  readonly workflowId: string | null;
}

/** More than this is no answer to an operator. */
const MOST = 200;

/** One time line over all targets, the latest first; after histories have expired as well. */
export async function readTimeline(orm: Orm, { type, key }: EntityRef, limit = MOST): Promise<Happening[]> {
  const { rows } = await sql<Happening>`
    SELECT * FROM (
      SELECT written_on AS on, sync_process AS process, happened, code, waits_for AS about, content_hash AS hash,
        workflow_id AS "workflowId"
      FROM sync_journal WHERE entity_type = ${type} AND entity_key = ${key}::bigint
      UNION ALL
      SELECT occurred_on, sync_process, CASE kind WHEN 'lost' THEN 'conflict' ELSE 'proposed' END, NULL,
        'conflict ' || id || ': ' || array_to_string(fields, ', '), NULL, NULL
      FROM sync_conflict WHERE entity_type = ${type} AND entity_key = ${key}::bigint) lines
    ORDER BY "on" DESC LIMIT ${limit}`.execute(orm.em.fork().getKysely());
  return rows.map((row) => ({ ...row, on: formatInstant(parseInstant(row.on)) }));
}
