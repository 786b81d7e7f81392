import { requestHintedRemote } from '../../clients/request-remote.ts';
import type { System } from '../flows/system.ts';

/** A workflow id, for its latest run, or one specific run. */
export type RecordedRun = string | { readonly workflowId: string; readonly runId: string };

/**
 * A run worth keeping: the workflows whose histories are saved, by file name. A release that cannot replay them would
 * break the runs in progress when it is installed.
 */
export interface Scenario {
  readonly title: string;
  run(system: System): Promise<Readonly<Record<string, RecordedRun>>>;
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
    title: 'rows past their retention are removed',
    async run(system) {
      const workflowId = 'ems-sync/installation';
      await system.temporal.workflow.execute('removeExpired', { workflowId, taskQueue: 'sync' });
      return { 'remove-expired': workflowId };
    },
  },
  {
    title: 'what a target holds is compared, and one record differs',
    async run(system) {
      await system.sweep();
      const event = await system.ems.event();
      await system.sweep();
      await system.tagServer.control.backdoor({ type: 'events', externalId: event, delete: true });
      const workflowId = 'compare/TAGSERVER';
      await system.temporal.workflow.execute('compareTarget', {
        workflowId,
        taskQueue: 'sync',
        args: [{ process: 'TAGSERVER' }],
      });
      return { 'compare-target': workflowId };
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
  {
    title: 'a poll that finds a stranger, a change, a conflict, a command, and a storm of hints',
    async run(system) {
      const chatwoot = system.process('CHATWOOT');
      const person = await system.ems.person({ email: 'ana@clube.example' });
      await chatwoot.syncNow('Person', person);
      const contact = Number((await chatwoot.record('Person', person))?.remote_id);
      const remote = system.chatwoot.control;
      const { contact: stranger } = await remote.backdoor({
        do: 'create-contact',
        set: { name: 'Rui Sousa', email: 'rui@clube.example' },
      });
      await remote.backdoor({ do: 'edit-contact', contact, set: { name: 'Ana Changed' } });
      await chatwoot.poll();
      const applied = chatwootPair('Person', person);
      const kept = {
        'poll-inbound-changes': await runOf(system, POLL),
        'sync-entity-absorbed': await runOf(system, applied),
        'sync-remote-created': await runOf(system, `CHATWOOT/Person/remote-${stranger}`),
      };
      await system.ems.update('person', person, { last_name: 'Wins' });
      await remote.backdoor({ do: 'edit-contact', contact, set: { name: 'Ana Loses' } });
      await chatwoot.poll();
      const conflict = await runOf(system, applied);
      await remote.setFaults({ latency: { ms: 500, times: 4 } });
      for (let hint = 0; hint < 20; hint += 1) await chatwoot.request('Person', person, 'inbound');
      await chatwoot.quiet();
      const storm = await runOf(system, applied);
      await chatwoot.syncNow('Person', person, 'unlink');
      return {
        ...kept,
        'sync-entity-conflict': conflict,
        'sync-entity-storm': storm,
        'sync-entity-unlinked': await runOf(system, applied),
      };
    },
  },
  {
    title: 'webhooks that name unknown records: one that becomes a row, one that is gone, one that cannot be read',
    async run(system) {
      const chatwoot = system.process('CHATWOOT');
      const remote = system.chatwoot.control;
      const set = { name: 'Eva Reis', email: 'eva@clube.example' };
      const { contact } = await remote.backdoor({ do: 'create-contact', set });
      const unread = { method: 'GET', prefix: '/api/v1/accounts/1/contacts/900002' };
      await remote.setFaults({ respond: { status: 503, match: unread } });
      for (const remoteId of [String(contact), '900001', '900002'])
        await requestHintedRemote(system.temporal, { process: 'CHATWOOT', type: 'Person', remoteId });
      await chatwoot.quiet();
      await remote.clearFaults();
      return { 'resolve-hinted': await runOf(system, 'hinted/CHATWOOT') };
    },
  },
  {
    title: 'a poll whose list cannot be read, and one of a target that is down',
    async run(system) {
      const chatwoot = system.process('CHATWOOT');
      const lists = { method: 'GET', prefix: '/api/v1/accounts/1/contacts' };
      await system.chatwoot.control.setFaults({ respond: { status: 422, body: '{"error":"no"}', match: lists } });
      await chatwoot.poll();
      const unread = await runOf(system, POLL);
      await system.chatwoot.control.setFaults({ respond: { status: 401, body: '{"error":"Invalid Access Token"}' } });
      await chatwoot.poll();
      await system.chatwoot.control.clearFaults();
      return { 'poll-inbound-unread': unread, 'poll-inbound-target-down': await runOf(system, POLL) };
    },
  },
  {
    title: 'consent: a load in bulk, a refusal that is read back, an opt-in that goes nowhere, an opt-out, an erasure',
    async run(system) {
      const mailchimp = system.process('MAILCHIMP');
      const [ana, rui] = [
        await system.ems.person({ email: 'ana@home.example' }),
        await system.ems.person({ email: 'rui@home.example' }),
      ];
      const [preference, other] = [await system.ems.preference(ana, true), await system.ems.preference(rui, true)];
      await mailchimp.sweep();
      const load = await runOf(system, BULK);
      await system.mailchimp.control.backdoor({ do: 'unsubscribe', member: 'ana@home.example' });
      await mailchimp.poll();
      const poll = await runOf(system, 'sweep/MAILCHIMP/inbound');
      await system.ems.update('contact_preference', preference, { topic: 'OFFERS' });
      await system.ems.update('contact_preference', other, { opted_in: false });
      await mailchimp.sweep();
      const suppressed = await runOf(system, `MAILCHIMP/Person/${ana}`);
      const optOut = await runOf(system, BULK);
      await mailchimp.syncNow('Person', rui, 'erase');
      return {
        'sweep-outbound-bulk': load,
        'poll-inbound-consent': poll,
        'sync-entity-suppressed': suppressed,
        'sweep-outbound-opt-out': optOut,
        'sync-entity-erased': await runOf(system, `MAILCHIMP/Person/${rui}`),
      };
    },
  },
  {
    title: 'a load in pages, of which one row gets its own workflow',
    async run(system) {
      const { ems } = system;
      const keys: string[] = [];
      for (let n = 0; n < 12; n += 1) {
        const key = await ems.person({
          last_name: n === 3 ? 'x'.repeat(300) : 'Silva',
          email: `page${n}@clube.example`,
        });
        await ems.preference(key, true);
        keys.push(key);
      }
      await system.process('MAILCHIMP').sweep();
      return {
        'sweep-outbound-pages': await runOf(system, BULK),
        'sync-page': await runOf(system, `MAILCHIMP/Person/page-${keys[0]}`),
      };
    },
  },
];

const BULK = 'sweep/MAILCHIMP/outbound';
const POLL = 'sweep/CHATWOOT/inbound';
const chatwootPair = (type: string, key: string) => `CHATWOOT/${type}/${key}`;

/** Pins the latest run of a workflow, so that a later run with the same id does not replace it. */
async function runOf(system: System, workflowId: string): Promise<RecordedRun> {
  const { runId } = await system.temporal.workflow.getHandle(workflowId).describe();
  return { workflowId, runId };
}
