import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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
    system.tagServer.kill();
    const result = await system.sweep();
    expect(result).toMatchObject({ ended: 'target-down', reason: expect.stringContaining('ECONNREFUSED') });
  });
});
