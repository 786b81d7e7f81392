import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../../local/free-port.ts';
import { runCli } from '../clients/run-cli.ts';
import { readRules } from '../prometheus/alert-rules.ts';
import { AlarmScenes } from './alarm-scenes.ts';
import { listIsCurrent } from './list-is-current.ts';
import { System } from './system.ts';

/** 500 of them are less than the tenth that the brake holds. */
const PERSONS = 5_100;
const DELETED = 500;

/** With their organisations 40 rows at TagServer, so that two are 5 %. */
const EVENTS = 20;

let system: System;
let scenes: AlarmScenes;
let metricsPort: number;
const events: string[] = [];

beforeAll(async () => {
  metricsPort = await freePort();
  const targets = ['TAGSERVER', 'MAILCHIMP'] as const;
  system = await System.start({ targets, settings: { METRICS_PORT: String(metricsPort) } });
  scenes = await AlarmScenes.start(system, targets, metricsPort);
});

afterAll(async () => {
  await scenes?.stop();
  await system?.stop();
});

async function cli(...args: string[]): Promise<void> {
  expect(await runCli(args, system.environment)).toMatchObject({ code: 0, stderr: '' });
}

const everyday = { full: false };
const SUCCESSES = ['complete', 'held', 'limit'];

/** A sweep of TagServer, as its schedule starts it. */
async function swept(): Promise<boolean> {
  const { ended } = await system.sweep(everyday);
  return SUCCESSES.includes(ended);
}

/** Lives so many minutes in which the sweep succeeds. */
async function well(minutes: number): Promise<void> {
  await scenes.minute(async () => ({ succeeds: await swept(), times: minutes }));
}

const silence = { rang: [], told: [], ringing: [] };

const putOf = (id: string | undefined) => ({ method: 'PUT', prefix: `/v1/events/${id}` });

async function change(...ids: (string | undefined)[]): Promise<void> {
  for (const id of ids) await system.ems.update('event', id ?? '', { name: `Changed at ${performance.now()}` });
}

async function failing(...ids: (string | undefined)[]): Promise<void> {
  for (const id of ids) await system.inState('Event', id ?? '', 'FAILING');
}

async function again(...ids: (string | undefined)[]): Promise<void> {
  for (const id of ids) await system.request('Event', id ?? '');
  for (const id of ids) await system.inState('Event', id ?? '', 'IN_SYNC');
}

describe('the recommended alarm, about MailChimp alone', () => {
  // That a process is silent while it is paused is part of each scene.
  beforeAll(() => cli('pause', 'TAGSERVER'));

  test('is silent through a first load by pages that takes hours', async () => {
    const from = scenes.axis.minute;
    const { rows } = await system.database.query<{ id: string }>(
      `INSERT INTO person (modified_on, first_name, last_name, email)
       SELECT now(), 'Ana', 'Silva ' || n, 'load' || n || '@clube.example' FROM generate_series(1, $1) n RETURNING id`,
      [PERSONS],
    );
    await system.database.query(
      `INSERT INTO contact_preference (modified_on, person_id, channel, topic, opted_in)
       SELECT now(), id, 'EMAIL', 'NEWSLETTER', true FROM person`,
    );
    expect(rows).toHaveLength(PERSONS);
    await scenes.minute(async () => ({}));
    const { control } = system.mailchimp;
    // One page is slow, so that the others are recorded while the sweep runs.
    await control.setFaults({ latency: { ms: 4_000, times: 1, match: { method: 'POST' } } });
    const loading = system.process('MAILCHIMP').sweep(everyday);
    await scenes.minute(async () => {
      await system.eventually('rows that are brought in step', async () => {
        const progress = await scenes.served('ems_sync_last_progress_timestamp_seconds', { process: 'MAILCHIMP' });
        return progress > 0;
      });
      return { times: 150 };
    });
    expect(await loading).toMatchObject({ ended: 'complete', totals: { Person: { inSync: PERSONS } } });
    await scenes.minute(async () => ({
      succeeds: (await system.process('MAILCHIMP').poll()).ended === 'complete',
      times: 5,
    }));
    expect(scenes.since(from)).toEqual(silence);
  });

  test('is silent through 500 ordinary deletions', async () => {
    const from = scenes.axis.minute;
    await system.database.query(
      'DELETE FROM contact_preference WHERE person_id IN (SELECT id FROM person ORDER BY id LIMIT $1)',
      [DELETED],
    );
    await system.database.query('DELETE FROM person WHERE id IN (SELECT id FROM person ORDER BY id LIMIT $1)', [
      DELETED,
    ]);
    const gone = async () => {
      const { rows } = await system.database.query<{ gone: number }>(
        "SELECT $1 - count(*)::integer AS gone FROM sync_person WHERE sync_process = 'MAILCHIMP'",
        [PERSONS],
      );
      return rows[0]?.gone ?? 0;
    };
    const sweep = system.process('MAILCHIMP').sweep(everyday);
    await scenes.minute(async () => {
      await system.eventually('some that have left', async () => (await gone()) > 50);
      return { times: 18 };
    });
    expect(await sweep).toMatchObject({ ended: 'complete', totals: { Person: { removed: DELETED } } });
    await scenes.minute(async () => ({
      succeeds: (await system.process('MAILCHIMP').sweep(everyday)).ended === 'complete',
      times: 8,
    }));
    expect(scenes.since(from)).toEqual(silence);
  });
});

describe('the recommended alarm, about TagServer alone', () => {
  beforeAll(async () => {
    await cli('pause', 'MAILCHIMP');
    await cli('resume', 'TAGSERVER');
  });

  test('is silent through a first load row by row, and a target’s restart of five minutes', async () => {
    const from = scenes.axis.minute;
    for (let n = 0; n < EVENTS; n += 1) events.push(await system.ems.event({ name: `Event ${n}` }));
    await well(10);
    await change(...events.slice(0, 4));
    await system.tagServer.control.setFaults({
      respond: { status: 503, retryAfterSeconds: 1, match: { method: 'PUT' } },
    });
    await scenes.minute(async () => ({ succeeds: await swept() }));
    await system.tagServer.control.setFaults({ respond: { status: 503, retryAfterSeconds: 1 } });
    for (let n = 0; n < 4; n += 1) await scenes.minute(async () => ({ succeeds: await swept() }));
    await scenes.minute(async () => {
      await failing(...events.slice(0, 4));
      return {};
    });
    await system.tagServer.control.clearFaults();
    // What was under way is tried again after ten minutes at most.
    await well(9);
    await again(...events.slice(0, 4));
    await well(20);
    expect(scenes.since(from)).toEqual(silence);
    // The scene is judged by the very rules: without their patience it is not silent.
    const hasty = readRules().map((rule) => ({
      ...rule,
      for: '1m',
      expr: rule.expr.replaceAll(/\b(540|600)\b/g, '60'),
    }));
    expect(scenes.since(from, hasty).rang).toContain('EmsSyncSweepLate TAGSERVER');
    await system.eventually('all numbers at the workers', async () => (await scenes.unserved()).length === 0);
  });

  test('rings for an outage of an hour, and ends', async () => {
    const from = scenes.axis.minute;
    await system.tagServer.control.setFaults({ respond: { status: 503 } });
    await change(events[5]);
    await scenes.minute(async () => ({ succeeds: await swept() }));
    await scenes.minute(async () => ({ succeeds: await swept(), times: 59 }));
    expect(scenes.since(from).ringing).toEqual(['EmsSyncNoProgress TAGSERVER', 'EmsSyncSweepLate TAGSERVER']);
    const slow = readRules().map((rule) => ({ ...rule, for: '70m' }));
    expect(scenes.since(from, slow).rang).toEqual([]);
    await system.tagServer.control.clearFaults();
    await well(20);
    expect(scenes.since(from)).toEqual({
      rang: ['EmsSyncNoProgress TAGSERVER', 'EmsSyncSweepLate TAGSERVER'],
      told: ['TAGSERVER LATE begins', 'TAGSERVER LATE ends'],
      ringing: [],
    });
  });

  test('rings for a stopped worker, and ends', async () => {
    const from = scenes.axis.minute;
    await system.stopWorkers();
    await scenes.minute(async () => ({ times: 30 }));
    const { ringing } = scenes.since(from);
    await system.startWorkers();
    expect(ringing).toEqual(['EmsSyncSweepLate TAGSERVER', 'EmsSyncWorkersGone']);
    await well(20);
    expect(scenes.since(from)).toEqual({
      rang: ['EmsSyncSweepLate TAGSERVER', 'EmsSyncWorkersGone'],
      told: ['TAGSERVER LATE begins', 'TAGSERVER LATE ends'],
      ringing: [],
    });
  });

  test('rings for a paused schedule, and ends', async () => {
    const from = scenes.axis.minute;
    await well(1);
    await cli('schedules', 'apply');
    const schedule = system.temporal.schedule.getHandle('sweep/TAGSERVER/outbound');
    await schedule.pause('for maintenance');
    await scenes.minute(async () => ({ times: 30 }));
    expect(scenes.since(from).ringing).toEqual([
      'EmsSyncScheduleMissed TAGSERVER outbound',
      'EmsSyncSweepLate TAGSERVER',
    ]);
    await schedule.unpause();
    const labels = { process: 'TAGSERVER', direction: 'outbound' };
    const last = await scenes.served('ems_sync_last_success_timestamp_seconds', labels);
    await scenes.minute(async () => {
      await schedule.trigger();
      await system.eventually(
        'a sweep of the schedule',
        async () => (await scenes.served('ems_sync_last_success_timestamp_seconds', labels)) > last,
      );
      return { succeeds: true, times: 20 };
    });
    for await (const { scheduleId } of system.temporal.schedule.list())
      await system.temporal.schedule.getHandle(scheduleId).delete();
    await listIsCurrent(system.temporal);
    expect(scenes.since(from)).toEqual({
      rang: ['EmsSyncScheduleMissed TAGSERVER outbound', 'EmsSyncSweepLate TAGSERVER'],
      told: ['TAGSERVER LATE begins', 'TAGSERVER LATE ends'],
      ringing: [],
    });
  });

  test('rings for 5 % that fail, not for less, and ends', async () => {
    const from = scenes.axis.minute;
    const [one, other] = events;
    await system.tagServer.control.setFaults({
      respond: [one, other].map((id) => ({ status: 500, match: putOf(id) })),
    });
    await change(one);
    await well(1);
    await failing(one);
    await well(30);
    expect(scenes.since(from)).toEqual(silence);
    await change(other);
    await well(1);
    await failing(other);
    await well(25);
    expect(scenes.since(from).ringing).toEqual(['EmsSyncFailing TAGSERVER']);
    await system.tagServer.control.clearFaults();
    await again(one, other);
    await well(20);
    expect(scenes.since(from)).toEqual({
      rang: ['EmsSyncFailing TAGSERVER'],
      told: ['TAGSERVER FAILING begins', 'TAGSERVER FAILING ends'],
      ringing: [],
    });
  });
});
