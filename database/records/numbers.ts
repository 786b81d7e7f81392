import { sql, type RawBuilder } from 'kysely';
import type { EntityType } from '../../sync/entity-type.ts';
import { SAME_STATE_PER_HOUR } from '../../sync/oscillation.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { SyncState } from '../../sync/sync-state.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';

/** A process and its types, as its declaration has them. */
export interface Measured {
  readonly name: SyncProcessName;
  readonly mappings: readonly { readonly type: EntityType }[];
}

/** How one type of a process stands, without the rows that are in sync. */
export interface TypeNumbers {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  /** As the last plan of a sweep has found it, at most 10,000. */
  readonly due: number;
  /** How long the oldest due row has been due; null: none is. */
  readonly oldestDueSeconds: number | null;
  readonly waiting: number;
  readonly failing: number;
  readonly parked: number;
  /** Includes erased ones. */
  readonly suppressed: number;
  /** Rows that an open hold keeps back. */
  readonly held: number;
}

/** States whose records are few, and are counted by their index. */
const COUNTED = ['WAITING', 'FAILING', 'PARKED', 'SUPPRESSED', 'ERASED'] as const satisfies readonly SyncState[];

/** Reads only records in exceptional states, by their index. */
export async function readNumbers(em: EntityManager, processes: readonly Measured[]): Promise<readonly TypeNumbers[]> {
  const names = processes.map(({ name }) => name);
  const states = await countStates(em, processes, sql`state <> 'IN_SYNC' AND state = ANY (${[...COUNTED]}::text[])`);
  const { rows: dues } = await sql<{ of: string; due: number; seconds: number }>`
    SELECT sync_process || '/' || entity_type AS of, due,
      greatest(0, floor(extract(epoch FROM statement_timestamp() - due_since)))::integer AS seconds
    FROM sync_due WHERE due > 0 AND sync_process = ANY (${names}::text[])`.execute(em.getKysely());
  const { rows: holds } = await sql<{ of: string; held: number }>`
    SELECT sync_process || '/' || entity_type AS of, sum(held)::integer AS held FROM sync_hold
    WHERE approved_on IS NULL AND sync_process = ANY (${names}::text[]) GROUP BY 1`.execute(em.getKysely());
  return pairsOf(processes).map(({ process, type }) => {
    const of = `${process}/${type}`;
    const count = (state: SyncState) => states.get(`${of}/${state}`) ?? 0;
    const due = dues.find((row) => row.of === of);
    return {
      process,
      type,
      due: due?.due ?? 0,
      oldestDueSeconds: due?.seconds ?? null,
      waiting: count('WAITING'),
      failing: count('FAILING'),
      parked: count('PARKED'),
      suppressed: count('SUPPRESSED') + count('ERASED'),
      held: holds.find((row) => row.of === of)?.held ?? 0,
    };
  });
}

/** Pairs whose remote has returned to the same state again and again within the last hour, by process. */
export async function countOscillating(em: EntityManager): Promise<ReadonlyMap<SyncProcessName, number>> {
  const { rows } = await sql<{ process: SyncProcessName; count: number }>`
    SELECT sync_process AS process, count(*)::integer AS count FROM sync_oscillation o
    WHERE updated_on > statement_timestamp() - interval '1 hour' AND EXISTS (
      SELECT FROM jsonb_array_elements(o.states) s
      WHERE (s ->> 'at')::timestamptz > statement_timestamp() - interval '1 hour'
      GROUP BY s ->> 'hash' HAVING count(*) > ${SAME_STATE_PER_HOUR})
    GROUP BY 1`.execute(em.getKysely());
  return new Map(rows.map(({ process, count }) => [process, count]));
}

/** The processes of which a row was brought in step, found so, or removed, within this time. */
export async function withProgress(
  em: EntityManager,
  processes: readonly Measured[],
  seconds: number,
): Promise<readonly SyncProcessName[]> {
  const found = pairsOf(processes).map(
    ({ process, type }) => sql`
      SELECT ${sql.lit(process)} AS process WHERE EXISTS (SELECT FROM ${sql.raw(recordTable(type))}
        WHERE sync_process = ${process} AND updated_on > statement_timestamp() - ${seconds} * interval '1 second'
          AND state NOT IN ('PENDING', 'CREATING', 'FAILING'))`,
  );
  if (found.length === 0) return [];
  // The record of a row that EMS has deleted is gone with it.
  const removed = sql`
    SELECT sync_process AS process FROM sync_journal
    WHERE written_on > statement_timestamp() - ${seconds} * interval '1 second' AND happened = 'removed'
      AND sync_process = ANY (${processes.map(({ name }) => name)}::text[])`;
  const { rows } = await sql<{ process: SyncProcessName }>`${sql.join([...found, removed], sql` UNION `)}`.execute(
    em.getKysely(),
  );
  return rows.map(({ process }) => process);
}

/** Records in sync, by `process/type`. They are many: see {@link InSyncCounts}. */
export async function countInSync(
  em: EntityManager,
  processes: readonly Measured[],
): Promise<ReadonlyMap<string, number>> {
  const counts = await countStates(em, processes, sql`state = 'IN_SYNC'`);
  return new Map(
    pairsOf(processes).map(({ process, type }) => [
      `${process}/${type}`,
      counts.get(`${process}/${type}/IN_SYNC`) ?? 0,
    ]),
  );
}

/**
 * By `process/type/state`.
 *
 * @param condition in words of the partial indexes, so that PostgreSQL uses them.
 */
async function countStates(em: EntityManager, processes: readonly Measured[], condition: RawBuilder<unknown>) {
  const types = [...new Set(pairsOf(processes).map(({ type }) => type))];
  if (types.length === 0) return new Map<string, number>();
  const names = processes.map(({ name }) => name);
  const counts = types.map(
    (type) => sql`
      SELECT sync_process || '/' || ${sql.lit(type)} || '/' || state AS of, count(*)::integer AS count
      FROM ${sql.raw(recordTable(type))}
      WHERE sync_process = ANY (${names}::text[]) AND ${condition} GROUP BY sync_process, state`,
  );
  const { rows } = await sql<{ of: string; count: number }>`${sql.join(counts, sql` UNION ALL `)}`.execute(
    em.getKysely(),
  );
  return new Map(rows.map(({ of, count }) => [of, count]));
}

const pairsOf = (processes: readonly Measured[]) =>
  processes.flatMap(({ name, mappings }) => mappings.map(({ type }) => ({ process: name, type })));

/** At least so long between two counts of what is in sync. */
const COUNT_EVERY_MS = 60_000;

/** The share of the time that counting may take: after a second's count, the next one waits for a quarter of an hour. */
const SHARE = 1 / 1_000;

/** Counts of records in sync. Counting them reads an index in full, so the larger it is, the older a count may be. */
export class InSyncCounts {
  readonly #now: () => number;
  #counts: ReadonlyMap<string, number> = new Map();
  #nextAt = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds of any monotonic clock. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** By `process/type`. */
  async get(count: () => Promise<ReadonlyMap<string, number>>): Promise<ReadonlyMap<string, number>> {
    const begun = this.#now();
    if (begun < this.#nextAt) return this.#counts;
    this.#counts = await count();
    const took = this.#now() - begun;
    this.#nextAt = begun + Math.max(COUNT_EVERY_MS, took / SHARE);
    return this.#counts;
  }
}
