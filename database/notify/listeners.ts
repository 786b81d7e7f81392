import { sql } from 'kysely';
import type { EntityManager } from '../orm.ts';
import { TRIGGER_PREFIX } from './trigger-sql.ts';

/** The name under which a listener's connection is shown in `pg_stat_activity`. */
export const LISTENER_NAME = 'ems-sync listener';

/** How many listeners are connected to this database, and whether EMS has triggers that notify one. */
export async function countListeners(
  em: EntityManager,
): Promise<{ readonly connected: number; readonly wanted: boolean }> {
  const { rows } = await sql<{ connected: number; wanted: boolean }>`
    SELECT (SELECT count(*)::integer FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = ${LISTENER_NAME}) AS connected,
      EXISTS (SELECT FROM pg_trigger WHERE starts_with(tgname, ${TRIGGER_PREFIX}) AND tgenabled <> 'D') AS wanted`.execute(
    em.getKysely(),
  );
  return rows[0] ?? { connected: 0, wanted: false };
}
