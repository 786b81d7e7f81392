import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { requiredVariable, System } from './system.ts';

/** `TimeoutType` of Temporal's API. */
const TIMEOUT_TYPE_START_TO_CLOSE = 1;
const TIMEOUT_TYPE_HEARTBEAT = 4;

let system: System;

beforeAll(async () => {
  system = await System.start();
});

afterEach(() => system.tidyUp());

afterAll(async () => {
  await system?.stop();
});

describe('crash', () => {
  test('workers killed between delivery and record, and started again: recorded, and sent once (pitfall 17)', async () => {
    const { ems } = system;
    const eventId = await ems.event();
    await system.syncNow('Organisation', await system.ems.organisationOf(eventId));
    await system.tagServer.control.setFaults({
      latency: { ms: 5_000, times: 1, match: { method: 'PUT', prefix: `/v1/events/${eventId}` } },
    });
    const blocker = new Client({ connectionString: system.databaseUrl });
    await blocker.connect();
    try {
      await system.request('Event', eventId);
      // The intent is committed before the call. From here on, this lock blocks the write of the result.
      await system.inState('Event', eventId, 'CREATING');
      await blocker.query('BEGIN');
      await blocker.query('SELECT FROM sync_event WHERE entity_key = $1 FOR UPDATE', [eventId]);
      await system.eventually('the delivery at TagServer', () => system.remote('events', eventId));
      await system.eventually('the record waiting for its row', async () => {
        const { rows } = await blocker.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rows.length > 0;
      });
      await system.stopWorkers('SIGKILL');
    } finally {
      await blocker.query('ROLLBACK');
      await blocker.end();
    }
    // PostgreSQL may still run the killed worker's statement. The workflow must resume from there.
    await system.startWorkers();

    await system.inState('Event', eventId, 'IN_SYNC', 120_000);
    await system.pair('Event', eventId).result();
    expect((await system.writes(`events/${eventId}`)).map(({ outcome }) => outcome)).toEqual(['created']);
  });

  test('workers killed during deliveries, and started again: every row arrives, none is doubled', async () => {
    const { ems } = system;
    const eventId = await ems.event();
    const races: string[] = [];
    for (let n = 0; n < 60; n += 1) races.push(await ems.race(eventId, { name: `Race ${n}` }));
    await system.syncNow('Organisation', await system.ems.organisationOf(eventId));
    await system.syncNow('Event', eventId);
    await system.tagServer.control.setFaults({ latency: { ms: 200, match: { method: 'PUT' } } });
    const sweep = system.sweep();
    await system.eventually('some races at TagServer', async () => {
      const state = await system.tagServer.control.state();
      return Object.keys(state.races).length >= 15;
    });
    await system.stopWorkers('SIGKILL');
    await system.startWorkers();
    await system.tagServer.control.clearFaults();
    await sweep;
    for (const id of races) await system.inState('Race', id, 'IN_SYNC', 120_000);

    const { races: remote } = await system.tagServer.control.state();
    for (const id of races) expect([id, remote[id]?.version]).toEqual([id, 1]);
    expect((await system.sweep()).totals).toEqual({});
  });

  test('workers killed while a sweep looks for what is due: the sweep goes on as soon as their heartbeat is missed', async () => {
    const eventId = await system.ems.event();
    const blocker = new Client({ connectionString: system.databaseUrl });
    await blocker.connect();
    let sweep: Promise<unknown>;
    try {
      await blocker.query('BEGIN');
      await blocker.query('LOCK TABLE organisation');
      sweep = system.sweep();
      await system.eventually('the query that waits', async () => {
        const { rows } = await blocker.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return rows.length > 0;
      });
      await system.stopWorkers('SIGKILL');
    } finally {
      await blocker.query('ROLLBACK');
      await blocker.end();
    }
    await system.startWorkers();
    await sweep;

    expect(await system.record('Event', eventId)).toMatchObject({ state: 'IN_SYNC' });
    const { events } = await system.temporal.workflow.getHandle('sweep/TAGSERVER/outbound').fetchHistory();
    const timeOuts = (events ?? []).map(
      ({ activityTaskStartedEventAttributes: started }) => started?.lastFailure?.timeoutFailureInfo?.timeoutType,
    );
    expect(timeOuts).toContain(TIMEOUT_TYPE_HEARTBEAT);
    expect(timeOuts).not.toContain(TIMEOUT_TYPE_START_TO_CLOSE);
  });

  test('the database away when the result comes: recorded once it is back, and sent once', async () => {
    const { ems } = system;
    const eventId = await ems.event();
    await system.syncNow('Organisation', await ems.organisationOf(eventId));
    await system.tagServer.control.setFaults({
      latency: { ms: 5_000, times: 1, match: { method: 'PUT', prefix: `/v1/events/${eventId}` } },
    });
    const admin = new Client({ connectionString: requiredVariable('TEST_DATABASE_ADMIN_URL') });
    await admin.connect();
    const { namespace: name } = system;
    try {
      await system.request('Event', eventId);
      await system.inState('Event', eventId, 'CREATING');
      await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'ems-sync'`,
        [name],
      );
      await system.eventually('the delivery at TagServer', () => system.remote('events', eventId));
      await new Promise((resolve) => setTimeout(resolve, 8_000));
      expect(await system.record('Event', eventId)).toMatchObject({ state: 'CREATING', content_hash: null });
    } finally {
      await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
      await admin.end();
    }

    await system.inState('Event', eventId, 'IN_SYNC');
    expect((await system.writes(`events/${eventId}`)).map(({ outcome }) => outcome)).toEqual(['created']);
  });
});
