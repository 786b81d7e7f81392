import type { World } from './world.ts';

/** Types at TagServer, dependents first, and their tables. */
const AT_TAGSERVER = [
  ['tags', 'tag'],
  ['start-group-participants', 'start_group_participant'],
  ['event-participants', 'event_participant'],
  ['start-groups', 'start_group'],
  ['races', 'race'],
  ['events', 'event'],
  ['persons', 'person'],
  ['organisations', 'organisation'],
] as const;

/**
 * Takes rows out at TagServer, as a human does: their bibs and tags may be given to others now.
 *
 * @param gone `person/12`
 */
export async function takeOutAtTagServer({ environment }: World, gone: ReadonlySet<string>): Promise<void> {
  const { TAGSERVER_URL: url = '', TAGSERVER_TOKEN: token = '' } = environment;
  for (const [type, table] of AT_TAGSERVER) {
    for (const row of gone) {
      const [name, id] = row.split('/');
      if (name !== table) continue;
      await fetch(`${url}/v1/${type}/${id}`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } });
    }
  }
}
