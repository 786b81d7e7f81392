import { sql, type RawBuilder } from 'kysely';
import type { Orm } from '../database/orm.ts';
import { recordTable } from '../database/table-names.ts';
import { formatInstant, parseInstant } from '../sync/instant.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { SyncProcess } from '../targets/sync-process.ts';

/** Which failures to look for. Left out: all. */
export interface FailureFilter {
  readonly type?: EntityType | undefined;
  readonly code?: string | undefined;
}

/** A pair, or a remote record without a row, that fails or is parked. */
export interface FoundFailure {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  /** The id of the EMS row; null: EMS has none for the remote record. */
  readonly id: EntityKey | null;
  /** Also null if the id would reveal the person. */
  readonly remoteId: string | null;
  readonly state: 'FAILING' | 'PARKED';
  readonly code: string;
  readonly errorClass: string | null;
  readonly error: string | null;
  /** Attempts so far; 0 for parked rows, which are not tried again. */
  readonly attempts: number;
  /** Since when it has failed, or been parked: RFC 3339. */
  readonly since: string | null;
}

/** How many rows have a code, by state. */
export interface FailureGroup {
  readonly code: string;
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly failing: number;
  readonly parked: number;
}

/** In the order of processes, types and codes. */
export async function findFailures(
  orm: Orm,
  processes: readonly SyncProcess[],
  filter: FailureFilter,
  limit: number,
): Promise<FoundFailure[]> {
  const found: FoundFailure[] = [];
  for (const { process, type, isPersonal } of tablesOf(processes, filter)) {
    if (found.length >= limit) break;
    const { rows } = await sql<Omit<FoundFailure, 'process' | 'type' | 'since'> & { readonly since: string | null }>`
      SELECT sr.entity_key AS id, ${isPersonal ? sql`NULL` : sql`sr.remote_id`} AS "remoteId", sr.state, ${CODE} AS code,
        sr.last_error_class AS "errorClass", sr.last_error AS error, sr.attempts,
        coalesce(sr.failing_since, sr.updated_on) AS since
      FROM ${sql.raw(recordTable(type))} sr WHERE ${failing(process, filter)}
      ORDER BY ${CODE}, sr.id LIMIT ${limit - found.length}`.execute(orm.em.fork().getKysely());
    found.push(...rows.map((row) => ({ process, type, ...row, since: written(row.since) })));
  }
  return found;
}

/** The numbers behind {@link findFailures}, without a limit. */
export async function countFailures(
  orm: Orm,
  processes: readonly SyncProcess[],
  filter: FailureFilter,
): Promise<FailureGroup[]> {
  const found: FailureGroup[] = [];
  for (const { process, type } of tablesOf(processes, filter)) {
    const { rows } = await sql<Pick<FailureGroup, 'code' | 'failing' | 'parked'>>`
      SELECT ${CODE} AS code, count(*) FILTER (WHERE sr.state = 'FAILING')::integer AS failing,
        count(*) FILTER (WHERE sr.state = 'PARKED')::integer AS parked
      FROM ${sql.raw(recordTable(type))} sr WHERE ${failing(process, filter)} GROUP BY 1`.execute(
      orm.em.fork().getKysely(),
    );
    found.push(...rows.map((row) => ({ ...row, process, type })));
  }
  return found;
}

/** The code of a failure of an older release follows from its class. */
const CODE = sql<string>`coalesce(sr.last_error_code, sr.sync_process || '-' || upper(coalesce(sr.last_error_class, 'rejected')))`;

function failing(process: SyncProcessName, { code }: FailureFilter): RawBuilder<boolean> {
  const withCode = code === undefined ? sql`` : sql` AND ${CODE} = ${code}`;
  return sql`sr.sync_process = ${process} AND sr.state IN ('FAILING', 'PARKED')${withCode}`;
}

function tablesOf(processes: readonly SyncProcess[], { type }: FailureFilter) {
  return processes.flatMap(({ name, mappings, remoteIdsArePersonal }) =>
    mappings.flatMap((mapping) =>
      type === undefined || mapping.type === type
        ? [{ process: name, type: mapping.type, isPersonal: remoteIdsArePersonal === true }]
        : [],
    ),
  );
}

const written = (time: string | null) => (time === null ? null : formatInstant(parseInstant(time)));
