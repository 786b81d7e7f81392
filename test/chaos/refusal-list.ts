import { inSnapshot } from '../../demo/in-snapshot.ts';
import type { World } from './world.ts';

/** `pg_dump --data-only` of the suppression list: what a human takes from the former database. Without ids, which differ. */
export async function dumpRefusals({ databaseUrl }: World): Promise<string> {
  const { rows } = await inSnapshot(databaseUrl, (client) =>
    client.query<{ list: string }>(
      `SELECT coalesce(json_agg(to_jsonb(s) - 'id'), '[]')::text AS list FROM sync_suppression s`,
    ),
  );
  return rows[0]?.list ?? '[]';
}

const COLUMNS = 'sync_process, address_hash, channel, entity_key, reason, presumed, since';

/** The statement that adds what the restored list lacks. */
export const addRefusals = (list: string): string => `
  INSERT INTO sync_suppression (${COLUMNS}) SELECT ${COLUMNS}
    FROM json_populate_recordset(NULL::sync_suppression, '${list.replaceAll("'", "''")}'::json) ON CONFLICT DO NOTHING`;
