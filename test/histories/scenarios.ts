import type { System } from '../flows/system.ts';

/**
 * One run worth keeping: the workflows whose histories are kept, by the name of their file. A release that cannot replay
 * them would break the runs that are under way when it is installed.
 */
export interface Scenario {
  readonly title: string;
  run(system: System): Promise<Readonly<Record<string, string>>>;
}

const SWEEP = 'sweep/TAGSERVER/outbound';
const pair = (type: string, key: string) => `TAGSERVER/${type}/${key}`;

const put = (path: string) => ({ method: 'PUT', prefix: `/v1/${path}` });

export const SCENARIOS: readonly Scenario[] = [
  {
    title: 'a first load, and rows that are parked or wait',
    async run(system) {
      const { ems } = system;
      const eventId = await ems.event();
      const raceId = await ems.race(eventId);
      const personId = await ems.person({ last_name: null });
      const waiting = await ems.participant(eventId, raceId, { person_id: personId });
      await ems.participant(eventId, raceId);
      await system.sweep();
      return {
        'sweep-outbound-first-load': SWEEP,
        'sync-entity-created': pair('Event', eventId),
        'sync-entity-parked': pair('Person', personId),
        'sync-entity-waiting': pair('EventParticipant', waiting),
      };
    },
  },
  {
    title: 'an idle sweep',
    async run(system) {
      await system.sweep();
      return { 'sweep-outbound-idle': SWEEP };
    },
  },
  {
    title: 'an update that is asked for again while it runs, and a caller who waits',
    async run(system) {
      const eventId = await system.ems.event();
      await system.sweep();
      await system.ems.update('event', eventId, { name: 'Changed' });
      await system.tagServer.control.setFaults({ latency: { ms: 1_000, times: 1, match: put(`events/${eventId}`) } });
      await system.request('Event', eventId);
      await system.eventually('under way', async () => (await system.writes(`events/${eventId}`)).length > 1);
      await system.request('Event', eventId);
      await system.syncNow('Event', eventId);
      await system.pair('Event', eventId).result();
      return { 'sync-entity-asked-again': pair('Event', eventId) };
    },
  },
  {
    title: 'an event deleted',
    async run(system) {
      const eventId = await system.ems.event();
      await system.sweep();
      await system.ems.delete('event', eventId);
      await system.sweep();
      return { 'sync-entity-removed': pair('Event', eventId), 'sweep-outbound-removal': SWEEP };
    },
  },
  {
    title: 'two tags that swap codes',
    async run(system) {
      const { ems, database } = system;
      const eventId = await ems.event();
      const raceId = await ems.race(eventId);
      const tags: string[] = [];
      for (const code of ['AAAA2001', 'AAAA2002']) {
        tags.push(await ems.tag(await ems.participant(eventId, raceId), { code }));
      }
      await system.sweep();
      const [first = '', second = ''] = tags;
      await database.query('BEGIN');
      await ems.update('tag', first, { code: null });
      await ems.update('tag', second, { code: 'AAAA2001' });
      await ems.update('tag', first, { code: 'AAAA2002' });
      await database.query('COMMIT');
      await system.sweep();
      for (const tag of tags) await system.inState('Tag', tag, 'IN_SYNC');
      return { 'sync-entity-swap-first': pair('Tag', first), 'sync-entity-swap-second': pair('Tag', second) };
    },
  },
  {
    title: 'a pair that fails five times, is asked for, fails on, and arrives; the sweep goes on without it',
    async run(system) {
      const eventId = await system.ems.event();
      await system.tagServer.control.setFaults({ respond: { status: 500, match: put(`events/${eventId}`) } });
      await system.sweep();
      await system.inState('Event', eventId, 'FAILING');
      await system.request('Event', eventId);
      await system.eventually('one more attempt', async () => (await system.writes(`events/${eventId}`)).length > 5);
      await system.tagServer.control.clearFaults();
      await system.request('Event', eventId);
      await system.inState('Event', eventId, 'IN_SYNC');
      await system.pair('Event', eventId).result();
      return { 'sync-entity-failing': pair('Event', eventId), 'sweep-outbound-patience': SWEEP };
    },
  },
  {
    title: 'a target that is down',
    async run(system) {
      await system.ems.event();
      await system.tagServer.control.setFaults({ respond: { status: 503 } });
      await system.sweep();
      await system.tagServer.control.clearFaults();
      return { 'sweep-outbound-target-down': SWEEP };
    },
  },
];
