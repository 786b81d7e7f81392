import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../../local/free-port.ts';
import { runCli } from '../clients/run-cli.ts';
import { System } from './system.ts';

let system: System;
let metricsPort: number;
let raceId: string;
let eventId: string;

beforeAll(async () => {
  metricsPort = await freePort();
  const settings = { SYNC_DELETE_LIMIT: '2', SYNC_UPDATE_LIMIT: '2', METRICS_PORT: String(metricsPort) };
  system = await System.start({ settings });
  eventId = await system.ems.event();
  raceId = await system.ems.race(eventId);
});

afterEach(() => system.tidyUp());

afterAll(async () => {
  await system?.stop();
});

async function cli(...args: string[]) {
  const run = await runCli(args, system.environment);
  return { ...run, said: `${run.stdout}${run.stderr}` };
}

/** Waits until the workers' endpoint serves the metric, with these labels among others, with such a value. */
async function metricIs(name: string, labels: Readonly<Record<string, string>>, isSo: (value: number) => boolean) {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  await system.eventually(`${name} of ${wanted.join(', ')}`, async () => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && wanted.every((one) => line.includes(one)));
    return lines.some((line) => isSo(Number(line.split(' ').at(-1))));
  });
}

/** One after the other: both would serve the same port. */
async function restartWorkers(): Promise<void> {
  await system.stopWorkers();
  await system.startWorkers();
}

const holds = async () => JSON.parse((await cli('status', '--json')).stdout).held;

async function approveAll(): Promise<void> {
  for (const { id } of await holds())
    expect(await cli('approve', 'TAGSERVER', `${id}`)).toMatchObject({
      code: 0,
      said: expect.stringMatching('outbound'),
    });
}

/** Runners who are at TagServer, and their participations. */
async function runnersInStep(count: number): Promise<{ people: string[]; participants: string[] }> {
  const people: string[] = [];
  const participants: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const person = await system.ems.person({ first_name: `Runner ${n}` });
    people.push(person);
    participants.push(await system.ems.participant(eventId, raceId, { person_id: person }));
  }
  expect(await system.sweep()).toMatchObject({ ended: 'complete' });
  return { people, participants };
}

/** What TagServer has of these persons: null for those that are gone. */
const namesOf = async (people: readonly string[]) =>
  Promise.all(people.map(async (person) => (await system.remote('persons', person))?.['givenName'] ?? null));

describe('a sweep that would do very much at once', () => {
  test('removes nobody before an operator approves it, and then those alone', async () => {
    const { people, participants } = await runnersInStep(6);
    const [first = '', second = ''] = people;
    await system.ems.delete('event_participant', ...participants.slice(1, 5));
    await system.ems.delete('person', ...people.slice(1, 5));

    expect(await system.sweep()).toMatchObject({
      ended: 'held',
      reason: expect.stringMatching(
        /HELD: 4 of 6 Person would leave TAGSERVER at once, for example .*None is removed\..*approve TAGSERVER \d+/,
      ),
    });
    // Nor does one leave by itself, and an ordinary change goes on.
    await system.ems.update('person', first, { first_name: 'Rui' });
    expect(await system.syncNow('Person', second)).toMatchObject({ outcome: 'NOTHING' });
    await system.sweep();
    expect(await namesOf(people)).toEqual(['Rui', 'Runner 1', 'Runner 2', 'Runner 3', 'Runner 4', 'Runner 5']);
    expect(await holds()).toMatchObject([
      { process: 'TAGSERVER', type: 'Person', kind: 'delete', held: 4, linked: 6 },
      { process: 'TAGSERVER', type: 'EventParticipant', kind: 'delete', held: 4, linked: 6 },
    ]);
    expect((await cli('status')).said).toContain('None is removed');
    // The gauges are read again every fifteen seconds.
    await metricIs('ems_sync_held', { process: 'TAGSERVER', type: 'Person' }, (value) => value === 4);
    await metricIs('ems_sync_rows', { type: 'Person', state: 'in_sync' }, (value) => value >= 0);
    await metricIs('ems_sync_rows_total', { type: 'Person', result: 'created' }, (value) => value >= 6);
    await metricIs(
      'ems_sync_remote_call_seconds_count',
      { process: 'TAGSERVER', outcome: '2xx' },
      (value) => value > 6,
    );
    const success = { process: 'TAGSERVER', direction: 'outbound' };
    await metricIs('ems_sync_last_success_timestamp_seconds', success, (value) => value > 1.7e9);
    await metricIs('ems_sync_paused', { process: 'TAGSERVER' }, (value) => value === 0);

    await approveAll();
    expect(await system.sweep()).toMatchObject({ ended: 'complete', totals: { Person: { removed: 4 } } });
    expect(await namesOf(people)).toEqual(['Rui', null, null, null, null, 'Runner 5']);
    await system.sweep();
    expect(await holds()).toEqual([]);
  });

  test('changes nobody before an operator approves it; what is new, or was only touched, is not held', async () => {
    const { people } = await runnersInStep(6);
    await system.database.query('UPDATE person SET modified_on = clock_timestamp()');
    expect(await system.sweep()).toMatchObject({ ended: 'complete' });

    await system.database.query("UPDATE person SET first_name = 'Test', modified_on = clock_timestamp()");
    const newcomer = await system.ems.person({ first_name: 'Eva' });
    await system.ems.participant(eventId, raceId, { person_id: newcomer });
    expect(await system.sweep()).toMatchObject({ ended: 'held', totals: { Person: { inSync: 1 } } });
    expect(await namesOf([newcomer, ...people.slice(0, 2)])).toEqual(['Eva', 'Runner 0', 'Runner 1']);

    await approveAll();
    expect(await system.sweep()).toMatchObject({ ended: 'complete' });
    expect(await namesOf(people)).toEqual(people.map(() => 'Test'));
  });

  test('asks again when more has gone than was approved', async () => {
    const { people, participants } = await runnersInStep(9);
    await system.ems.delete('event_participant', ...participants.slice(0, 4));
    await system.ems.delete('person', ...people.slice(0, 4));
    expect(await system.sweep()).toMatchObject({ ended: 'held' });
    await approveAll();
    await system.ems.delete('event_participant', ...participants.slice(4, 8));
    await system.ems.delete('person', ...people.slice(4, 8));

    expect(await system.sweep()).toMatchObject({ ended: 'held' });
    expect((await namesOf(people)).filter((name) => name === null)).toEqual([]);

    await approveAll();
    expect(await system.sweep()).toMatchObject({ ended: 'complete', totals: { Person: { removed: 8 } } });
  });
});

describe('what is planned', () => {
  test('is applied exactly, and nothing of it once something has moved', async () => {
    const { people } = await runnersInStep(2);
    const [one = '', other = ''] = people;
    const folder = await mkdtemp(join(tmpdir(), 'plan-'));
    const file = join(folder, 'plan.json');
    try {
      await system.ems.update('person', one, { first_name: 'Rui' });
      expect(await cli('plan', 'TAGSERVER', 'Person', '--out', file)).toMatchObject({ code: 0 });
      await system.ems.update('person', one, { first_name: 'Ruy' });
      expect(await cli('apply', file)).toMatchObject({
        code: 1,
        said: expect.stringMatching(new RegExp(`planned: change Person/${one}[^]*1 of the plan have moved`)),
      });
      expect(await namesOf(people)).toEqual(['Runner 0', 'Runner 1']);

      expect(await cli('plan', 'TAGSERVER', 'Person', '--out', file)).toMatchObject({ code: 0 });
      // Due, but not planned.
      await system.ems.update('person', other, { first_name: 'Gil' });
      expect(await cli('apply', file)).toMatchObject({ code: 0, said: expect.stringMatching(/IN_SYNC.*updated/) });
      expect(await namesOf(people)).toEqual(['Ruy', 'Runner 1']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('an event is sent again with everything below it, though our records call it delivered', async () => {
    const { people, participants } = await runnersInStep(1);
    const [participant = ''] = participants;
    await system.tagServer.control.backdoor({ type: 'races', externalId: raceId, set: { name: 'Changed' } });
    await system.tagServer.control.backdoor({
      type: 'event-participants',
      externalId: participant,
      set: { bib: '99' },
    });
    expect(await system.sweep()).toMatchObject({ ended: 'complete' });
    expect(await system.remote('races', raceId)).toMatchObject({ name: 'Changed' });

    const sent = await cli('resend', 'TAGSERVER', 'Event', eventId, '--with-children', '--wait', '--json');
    expect(sent).toMatchObject({ code: 0 });
    const types = new Set(JSON.parse(sent.stdout).map(({ type }: { type: string }) => type));
    expect([...types]).toEqual(['Event', 'Race', 'EventParticipant']);
    expect(await system.remote('races', raceId)).toMatchObject({ name: '10K' });
    expect(await system.remote('event-participants', participant)).toMatchObject({ bib: null });
    expect(await namesOf(people)).toEqual(['Runner 0']);

    const none = await cli('resync', 'TAGSERVER', '--event', eventId, '--since', '2099-01-01T00:00:00Z');
    expect(none).toMatchObject({ code: 0, said: 'no row fits\n' });
    const asked = await cli('resync', 'TAGSERVER', 'Race', '--event', eventId, '--wait', '--json');
    expect(JSON.parse(asked.stdout)).toMatchObject([{ type: 'Race', id: raceId, outcome: 'IN_SYNC' }]);
  });
});

test('compare finds what somebody has changed or deleted at TagServer, and --repair sends it again', async () => {
  const { people, participants } = await runnersInStep(2);
  const [one = '', other = ''] = people;
  await system.tagServer.control.backdoor({ type: 'persons', externalId: one, set: { givenName: 'Somebody' } });
  const [, gone = ''] = participants;
  await system.tagServer.control.backdoor({ type: 'event-participants', externalId: gone, delete: true });
  await system.tagServer.control.backdoor({ type: 'persons', externalId: other, delete: true });
  const seen = await cli('compare', 'TAGSERVER', 'Person', '--json');
  expect(seen.code).toBe(1);
  expect(JSON.parse(seen.stdout).differing).toEqual([
    { type: 'Person', key: one, difference: 'different', fields: ['givenName'] },
    { type: 'Person', key: other, difference: 'missing' },
  ]);
  expect(await cli('compare', 'TAGSERVER', '--repair')).toMatchObject({
    code: 0,
    said: expect.stringMatching(new RegExp(`missing EventParticipant/${gone}`)),
  });
  expect(await namesOf(people)).toEqual(['Runner 0', 'Runner 1']);
  expect(await cli('compare', 'TAGSERVER')).toMatchObject({ code: 0, said: expect.stringMatching('nothing differs') });
});

test('in shadow mode a sweep tells what it would do, and nothing is written by anybody', async () => {
  const { people } = await runnersInStep(2);
  const [one = ''] = people;
  await system.ems.update('person', one, { first_name: 'Rui' });
  system.set({ SYNC_MODE_TAGSERVER: 'shadow' });
  await restartWorkers();
  try {
    await system.tagServer.control.clearJournal();
    expect(await system.sweep()).toMatchObject({
      ended: 'shadow',
      plan: { process: 'TAGSERVER', counts: { Person: { change: 1 } } },
    });
    expect(await system.syncNow('Person', one)).toMatchObject({
      outcome: 'NOTHING',
      reason: expect.stringMatching('shadow mode'),
    });
    expect(await system.tagServer.control.journal({ writesOnly: true })).toEqual([]);
    const { rows } = await system.database.query(
      `SELECT e.modified_on = sr.entity_synced_on AS "isSynced" FROM person e JOIN sync_person sr ON sr.entity_key = e.id WHERE e.id = $1`,
      [one],
    );
    expect(rows).toEqual([{ isSynced: false }]);
  } finally {
    system.set({ SYNC_MODE_TAGSERVER: 'live' });
    await restartWorkers();
  }
  expect(await system.sweep()).toMatchObject({ ended: 'complete' });
  expect(await namesOf(people)).toEqual(['Rui', 'Runner 1']);
});
