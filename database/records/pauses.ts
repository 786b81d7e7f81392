import { sql } from 'kysely';
import type { Pause } from '../../sync/pause.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';

const columns = sql`sync_process AS process,
  to_char(paused_on AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS "pausedOn"`;

/** @returns the pauses of these processes. One that is paused already keeps its time. */
export async function writePauses(em: EntityManager, processes: readonly SyncProcessName[]): Promise<readonly Pause[]> {
  const { rows } = await sql<Pause>`
    INSERT INTO sync_pause AS known (sync_process) SELECT unnest(${[...processes]}::text[])
    ON CONFLICT (sync_process) DO UPDATE SET paused_on = known.paused_on
    RETURNING ${columns}`.execute(em.getKysely());
  return rows;
}

/** @returns the pauses that it has ended. */
export async function endPauses(em: EntityManager, processes: readonly SyncProcessName[]): Promise<readonly Pause[]> {
  const { rows } = await sql<Pause>`
    DELETE FROM sync_pause WHERE sync_process = ANY (${[...processes]}::text[]) RETURNING ${columns}`.execute(
    em.getKysely(),
  );
  return rows;
}

export async function readPauses(em: EntityManager): Promise<readonly Pause[]> {
  const { rows } = await sql<Pause>`SELECT ${columns} FROM sync_pause ORDER BY sync_process`.execute(em.getKysely());
  return rows;
}

/** Null: the process is not paused. */
export async function readPause(em: EntityManager, process: SyncProcessName): Promise<Pause | null> {
  const { rows } = await sql<Pause>`SELECT ${columns} FROM sync_pause WHERE sync_process = ${process}`.execute(
    em.getKysely(),
  );
  return rows[0] ?? null;
}
