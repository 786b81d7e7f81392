import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { applySchedules, listSchedules, pauseSchedules, schedulesToApply } from '../../clients/schedules.ts';
import { ensureSearchAttributes, missingSearchAttributes } from '../../clients/search-attributes.ts';
import { readSettings } from '../../settings/read-settings.ts';
import { waitUntil } from '../wait-until.ts';
import { newNamespace, type TestNamespace } from './server-addresses.ts';

const ID = 'sweep/TAGSERVER/outbound';
const QUEUE = 'sync-3f2a9c1b04d7';
let temporal: TestNamespace;

beforeAll(async () => {
  temporal = await newNamespace();
});
afterAll(async () => {
  for await (const { scheduleId } of temporal.client.schedule.list())
    await temporal.client.schedule.getHandle(scheduleId).delete();
  await temporal.close();
});

const settings = (environment: Record<string, string> = {}) =>
  readSettings({
    DATABASE_URL: 'postgres://nobody@localhost:1/none',
    TAGSERVER_URL: 'http://localhost:1',
    TAGSERVER_TOKEN: 't',
    SYNC_KEY: Buffer.alloc(32, 7).toString('base64'),
    ...environment,
  });

/** Temporal's list of schedules lags behind its state. */
const listed = () =>
  waitUntil({ what: 'a schedule of ours in the list' }, async () => {
    const schedules = await listSchedules(temporal.client);
    return schedules.length > 0 && schedules;
  });

describe('search attributes', () => {
  test('are made once, and can be used when ensureSearchAttributes returns', async () => {
    const { client } = temporal;
    expect(await missingSearchAttributes(client)).toHaveLength(6);
    expect((await ensureSearchAttributes(client)).toSorted()).toEqual([
      'EntityId',
      'EntityIds',
      'EntityType',
      'SyncDirection',
      'SyncOutcome',
      'SyncProcess',
    ]);
    expect(await ensureSearchAttributes(client)).toEqual([]);
    expect((await client.workflow.count("SyncProcess = 'TAGSERVER' AND SyncOutcome = 'FAILING'")).count).toBe(0);
  });

  test('of another type are named, with what to do', async () => {
    const other = await newNamespace();
    try {
      await other.client.connection.operatorService.addSearchAttributes({
        namespace: other.namespace,
        searchAttributes: { EntityId: 3 as never },
      });
      // The server does not list a new attribute at once.
      const message = await waitUntil({ what: 'a refusal' }, () =>
        missingSearchAttributes(other.client).then(
          () => null,
          (error: unknown) => String(error),
        ),
      );
      expect(message).toMatch(/EntityId \(must be KEYWORD\)/);
      expect(message).toMatch(/TEMPORAL_NAMESPACE/);
    } finally {
      await other.close();
    }
  });
});

describe('schedules', () => {
  test('are created once, and left alone by a second apply', async () => {
    const { client } = temporal;
    expect(await schedulesToApply(client, settings(), QUEUE)).toEqual([ID]);
    expect(await applySchedules(client, settings(), QUEUE)).toEqual([{ scheduleId: ID, done: 'created' }]);
    expect(await applySchedules(client, settings(), QUEUE)).toEqual([{ scheduleId: ID, done: 'unchanged' }]);
    expect(await schedulesToApply(client, settings(), QUEUE)).toEqual([]);
    const { action, policies, spec } = await client.schedule.getHandle(ID).describe();
    expect(action).toMatchObject({
      workflowType: 'sweepOutbound',
      workflowId: ID,
      taskQueue: QUEUE,
      args: [{ process: 'TAGSERVER' }],
      staticSummary: 'TAGSERVER: outbound sweep',
      priority: { priorityKey: 3 },
      searchAttributes: { SyncProcess: ['TAGSERVER'], SyncDirection: ['outbound'] },
    });
    expect(policies).toEqual({ overlap: 'SKIP', catchupWindow: 60_000, pauseOnFailure: false });
    expect(spec.calendars).toHaveLength(1);
  });

  test('take over another cron expression, and stay paused with the note of whoever paused them', async () => {
    const { client } = temporal;
    await client.schedule.getHandle(ID).pause('race day');
    const changed = settings({ SYNC_CRON_TAGSERVER_OUTBOUND: '0 */5 * * * MON-FRI *' });
    expect(await applySchedules(client, changed, QUEUE)).toEqual([{ scheduleId: ID, done: 'updated' }]);
    expect(await applySchedules(client, changed, QUEUE)).toEqual([{ scheduleId: ID, done: 'unchanged' }]);
    expect(await listed()).toMatchObject([
      { scheduleId: ID, paused: true, note: 'race day', cron: '0 */5 * * * MON-FRI *' },
    ]);
    expect((await client.schedule.getHandle(ID).describe()).policies.catchupWindow).toBe(300_000);
  });

  test('that somebody changed by hand are set right', async () => {
    const { client } = temporal;
    const handle = client.schedule.getHandle(ID);
    await applySchedules(client, settings(), QUEUE);
    await handle.update(({ state, action, policies }) => ({
      state,
      action: action as never,
      policies,
      spec: { cronExpressions: ['5 4 * * *'] },
    }));
    expect(await applySchedules(client, settings(), QUEUE)).toEqual([{ scheduleId: ID, done: 'updated' }]);
    await handle.update(({ state, action, spec }) => ({
      state,
      action: action as never,
      policies: { overlap: 'ALLOW_ALL' },
      spec,
    }));
    expect(await applySchedules(client, settings(), QUEUE)).toEqual([{ scheduleId: ID, done: 'updated' }]);
    await handle.update(({ state, action, spec, policies }) => ({
      state,
      action: { ...(action as object), taskQueue: 'elsewhere' } as never,
      policies,
      spec,
    }));
    expect(await applySchedules(client, settings(), QUEUE)).toEqual([{ scheduleId: ID, done: 'updated' }]);
    expect(await applySchedules(client, settings(), QUEUE)).toEqual([{ scheduleId: ID, done: 'unchanged' }]);
  });

  test('are paused and resumed by process; those that do not exist are not named', async () => {
    const { client } = temporal;
    expect(await pauseSchedules(client, 'TAGSERVER', ['outbound', 'inbound'], true)).toEqual([ID]);
    expect(await listed()).toMatchObject([{ paused: true, next: null }]);
    expect(await pauseSchedules(client, 'TAGSERVER', ['outbound'], false)).toEqual([ID]);
    expect(await listed()).toMatchObject([{ paused: false, next: expect.any(Date) }]);
    expect(await pauseSchedules(client, 'MAUTIC', ['outbound'], true)).toEqual([]);
  });

  test('of a comparison are there only where its times are set, and paused with the process', async () => {
    const { client } = temporal;
    const nightly = settings({ SYNC_CRON_TAGSERVER_COMPARE: '17 2 * * *' });
    const COMPARE = 'compare/TAGSERVER';
    expect(await applySchedules(client, nightly, QUEUE)).toContainEqual({ scheduleId: COMPARE, done: 'created' });
    expect(await schedulesToApply(client, nightly, QUEUE)).toEqual([]);
    const { action } = await client.schedule.getHandle(COMPARE).describe();
    expect(action).toMatchObject({
      workflowType: 'compareTarget',
      workflowId: COMPARE,
      taskQueue: QUEUE,
      args: [{ process: 'TAGSERVER' }],
    });
    expect(await pauseSchedules(client, 'TAGSERVER', ['outbound'], true)).toEqual([ID, COMPARE]);
    expect(await pauseSchedules(client, 'TAGSERVER', ['outbound'], false)).toEqual([ID, COMPARE]);
    await waitUntil({ what: 'the comparison in the list' }, async () =>
      (await listSchedules(client)).some(({ scheduleId }) => scheduleId === COMPARE),
    );
    expect(await applySchedules(client, settings(), QUEUE)).toContainEqual({ scheduleId: COMPARE, done: 'removed' });
  });

  test('that no enabled process declares are removed; those of others are not touched', async () => {
    const { client } = temporal;
    await client.schedule.create({
      scheduleId: 'nightly-report',
      spec: { intervals: [{ every: '1 day' }] },
      action: { type: 'startWorkflow', workflowType: 'report', taskQueue: 'reports' },
    });
    const off = readSettings({ DATABASE_URL: 'postgres://nobody@localhost:1/none' });
    await listed();
    expect(await applySchedules(client, off, QUEUE)).toEqual([{ scheduleId: ID, done: 'removed' }]);
    expect(await applySchedules(client, off, QUEUE)).toEqual([]);
    await expect(client.schedule.getHandle(ID).describe()).rejects.toThrow(/not found/i);
    expect((await client.schedule.getHandle('nightly-report').describe()).scheduleId).toBe('nightly-report');
  });
});
