import type { TagServerState } from '../simulators/tagserver/start.ts';
import { differencesOf, type Content } from './difference.ts';
import { inSnapshot } from './in-snapshot.ts';
import type { Verification } from './simulated-target.ts';
import { TAGSERVER_CONTENT } from './tagserver-content.ts';

/**
 * Checks that TagServer has every row that passes its filter and is not PARKED, with equal content, and nothing else. The
 * rows are mapped in SQL. No code of the engine is used, so its mistakes show.
 *
 * @param state the simulator's content.
 */
export async function verifyTagServer(databaseUrl: string, state: TagServerState): Promise<Verification> {
  const wanted = await readWanted(databaseUrl);
  const differences = TAGSERVER_CONTENT.flatMap(({ type }) => {
    const held = new Map(Object.entries(state[type]).map(([id, { data }]) => [id, data ?? {}]));
    return differencesOf(type, wanted.get(type) ?? new Map(), held);
  });
  return { compared: [...wanted.values()].reduce((sum, { size }) => sum + size, 0), differences };
}

/** By type and id, from one snapshot. */
function readWanted(databaseUrl: string): Promise<Map<string, Map<string, Content>>> {
  return inSnapshot(databaseUrl, async (client) => {
    const wanted = new Map<string, Map<string, Content>>();
    for (const { type, table, select } of TAGSERVER_CONTENT) {
      const { rows } = await client.query<{ id: string } & Content>(
        `SELECT wanted.* FROM (${select}) wanted WHERE NOT EXISTS (SELECT FROM sync_${table} parked
           WHERE parked.sync_process = 'TAGSERVER' AND parked.state = 'PARKED' AND parked.entity_key::text = wanted.id)`,
      );
      wanted.set(type, new Map(rows.map(({ id, ...content }) => [id, content])));
    }
    return wanted;
  });
}
