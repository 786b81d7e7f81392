import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFacts } from '../../clients/alerts/alert-watch.ts';
import { findAlerts } from '../../clients/alerts/find-alerts.ts';
import { OverviewReader } from '../../clients/gateway/status-page/read-overview.ts';
import { createOrm } from '../../database/orm.ts';
import { recordTable } from '../../database/table-names.ts';
import { tagServer } from '../../targets/tagserver/process.ts';
import { runCli } from '../clients/run-cli.ts';
import { System } from './system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start();
});

afterAll(async () => {
  await system?.stop();
});

describe('target down', () => {
  test('503 for a minute: sweeps stop early and say so; what was under way is failing, then arrives by itself (pitfall 36)', async () => {
    const { ems } = system;
    const eventId = await ems.event();
    await system.sweep();
    await ems.update('event', eventId, { name: 'Changed while TagServer goes down' });
    await system.tagServer.control.setFaults({
      latency: { ms: 500, times: 1, match: { method: 'GET', prefix: '/v1/organisations' } },
      respond: { status: 503, retryAfterSeconds: 2, forMs: 60_000, match: { method: 'PUT' } },
    });

    const underWay = await system.sweep();
    // The probe succeeded. From here on, TagServer refuses every call for the rest of the minute.
    await system.tagServer.control.setFaults({ respond: { status: 503, retryAfterSeconds: 2, forMs: 40_000 } });
    expect(underWay.totals['Event']).toMatchObject({ due: 1, leftRunning: 1 });

    const started = Date.now();
    const later = await ems.event();
    const stopped = await system.sweep();
    expect(stopped).toMatchObject({ ended: 'target-down', reason: expect.stringContaining('503') });
    expect(Date.now() - started).toBeLessThan(30_000);
    expect(await system.record('Event', later)).toBeNull();
    expect(await system.inState('Event', eventId, 'FAILING')).toMatchObject({ last_error_class: 'target-down' });

    await system.inState('Event', eventId, 'IN_SYNC', 120_000);
    expect(await system.remote('events', eventId)).toMatchObject({ name: 'Changed while TagServer goes down' });
    await system.sweep();
    expect(await system.record('Event', later)).toMatchObject({ state: 'IN_SYNC' });
    // No duplicates: one version for each content.
    const { events } = await system.tagServer.control.state();
    expect(events[eventId]).toMatchObject({ version: 2 });
  });

  test('the alarm is silent while sweeps succeed and for five minutes without; it rings for an outage, a stopped worker or a paused schedule, and for 5 % failing', async () => {
    const orm = await createOrm({ databaseUrl: system.databaseUrl, poolSize: 2 });
    const at = (nowMs: number) => readFacts(orm, new OverviewReader({ orm, temporal: system.temporal }), nowMs);
    const rings = async (minutes: number) =>
      findAlerts(await at(Date.now() + minutes * 60_000)).map(({ kind, process }) => `${process} ${kind}`);
    const tables = tagServer.process.mappings.map(({ type }) => recordTable(type));
    /** As if the last row had been brought in step an hour ago. */
    const anHourLater = async () => {
      for (const table of tables)
        await system.database.query(`UPDATE ${table} SET updated_on = updated_on - interval '1 hour'`);
    };
    try {
      const event = await system.ems.event();
      expect(await system.sweep()).toMatchObject({ ended: 'complete' });
      await system.eventually('the success in the list', async () => (await rings(0)).length === 0);
      await anHourLater();
      expect(await rings(5)).toEqual([]);
      // No sweep has succeeded since: nobody starts any, or no worker takes them.
      expect(await rings(60)).toEqual(['TAGSERVER LATE']);

      // One that meets the target down is no success.
      const then = Date.now() + 60_000;
      const known = (await at(then)).freshness;
      await system.ems.update('event', event, { name: 'Changed while TagServer is down' });
      await system.tagServer.control.setFaults({ respond: { status: 503 } });
      expect(await system.sweep()).toMatchObject({ ended: 'target-down' });
      await system.eventually('the outage in the list', async () => {
        const query = 'WorkflowType = "sweepOutbound" AND SyncOutcome = "FAILING"';
        return (await system.temporal.workflow.count(query)).count > 0;
      });
      expect((await at(then)).freshness).toEqual(known);
      const left = await runCli(['status', '--process', 'TAGSERVER'], system.environment);
      expect(left).toMatchObject({ code: 0, stdout: expect.stringMatching(/Event[^]*not in step/) });
      expect(await rings(60)).toEqual(['TAGSERVER LATE']);

      await system.tagServer.control.clearFaults();
      await system.eventually('a sweep that delivers', async () => (await system.sweep()).ended === 'complete');
      await system.eventually('silence', async () => (await rings(0)).length === 0);
      await system.database.query(
        `UPDATE sync_event SET state = 'FAILING', last_error_code = 'TAGSERVER-503', failing_since = now()
         WHERE entity_key = $1 AND sync_process = 'TAGSERVER'`,
        [event],
      );
      expect(await rings(0)).toEqual(['TAGSERVER FAILING']);
      const { stdout } = await runCli(['failing', '--group', 'code'], system.environment);
      expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(/TAGSERVER-503 .*maintained or overloaded/);
      await system.database.query(
        `UPDATE sync_event SET state = 'IN_SYNC', last_error_code = NULL, failing_since = NULL
         WHERE entity_key = $1 AND sync_process = 'TAGSERVER'`,
        [event],
      );
    } finally {
      await system.tagServer.control.clearFaults();
      await orm.close();
    }
  });

  test('its settings name another account: nothing is sent until retarget; --anew sends everything again', async () => {
    const eventId = await system.ems.event();
    await system.sweep();
    await system.stopWorkers();
    // The same server under another address counts as another one.
    const elsewhere = new URL(system.tagServer.url);
    elsewhere.hostname = elsewhere.hostname === 'localhost' ? '127.0.0.1' : 'localhost';
    system.set({ TAGSERVER_URL: elsewhere.href });
    await system.startWorkers();
    await system.ems.update('event', eventId, { name: 'Changed after the move' });
    const before = (await system.tagServer.control.journal()).length;

    const stopped = await system.sweep();
    expect(stopped).toMatchObject({ ended: 'target-down', reason: expect.stringMatching(/retarget TAGSERVER --keep/) });
    expect((await system.tagServer.control.journal()).slice(before)).toEqual([]);
    const cli = (...args: string[]) => runCli(args, system.environment);
    expect((await cli('status')).stdout).toMatch(/not in step[^]*TAGSERVER is stopped: .*--anew/);
    expect((await cli('check')).stdout).toMatch(/^FAILED TAGSERVER: TAGSERVER is stopped/m);

    expect(await cli('retarget', 'TAGSERVER', '--anew')).toMatchObject({ code: 0, stderr: '' });
    await system.eventually('a sweep that delivers', async () => (await system.sweep()).ended === 'complete');
    expect(await system.record('Event', eventId)).toMatchObject({ state: 'IN_SYNC' });
    expect(await system.remote('events', eventId)).toMatchObject({ name: 'Changed after the move' });
    expect((await cli('retarget', 'TAGSERVER', '--keep')).stderr).toMatch(/this account already/);
    expect((await cli('retarget', 'TAGSERVER')).code).toBe(2);
  });

  test('TagServer is not there at all: the sweep ends within its time and names what it cannot reach', async () => {
    await system.ems.event();
    await system.tagServer.kill();
    const result = await system.sweep();
    expect(result).toMatchObject({ ended: 'target-down', reason: expect.stringContaining('ECONNREFUSED') });
  });
});
