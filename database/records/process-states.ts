import { sql } from 'kysely';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';

/** Whether a process is on, as the programs that have the targets' settings have said. */
export interface ProcessState {
  readonly name: SyncProcessName;
  readonly isOn: boolean;
  /** The settings that it lacks; empty if it is on. */
  readonly missing: readonly string[];
}

/**
 * Workers say at their start which processes they serve. What others serve is left alone: workers may have different
 * settings. `schedules apply`, which has the settings of all, also says which are off.
 */
export async function writeProcessStates(em: EntityManager, states: readonly ProcessState[]): Promise<void> {
  await sql`
    INSERT INTO sync_process_state (name, is_on, missing)
    SELECT v.name, v."isOn", v.missing
    FROM jsonb_to_recordset(${JSON.stringify(states)}::jsonb) AS v(name text, "isOn" boolean, missing text[])
    ON CONFLICT (name) DO UPDATE SET is_on = EXCLUDED.is_on, missing = EXCLUDED.missing, told_on = clock_timestamp()`.execute(
    em.getKysely(),
  );
}

export async function readProcessStates(em: EntityManager): Promise<readonly ProcessState[]> {
  const { rows } = await sql<ProcessState>`
    SELECT name, is_on AS "isOn", missing FROM sync_process_state ORDER BY name`.execute(em.getKysely());
  return rows;
}
