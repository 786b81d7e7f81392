import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { earlierCommit } from './earlier-commit.ts';
import { listIsCurrent } from './list-is-current.ts';
import { System } from './system.ts';

/** The version that runs before the change; test a release with `ROLLING_FROM=v1.2.0`. */
const EARLIER = process.env['ROLLING_FROM'] ?? 'HEAD~1';

/**
 * TagServer is called 20 times at once, so that the rows take half a minute: longer than new workers need to start. Then the
 * latency ends.
 */
const LATENCY_MS = 4_000;

let system: System;

beforeAll(async () => {
  system = await System.start();
});

afterAll(async () => {
  await system?.stop();
});

/** An event that is at TagServer, with `count` races that are not. */
async function races(count: number): Promise<readonly string[]> {
  const event = await system.ems.event();
  await system.syncNow('Organisation', await system.ems.organisationOf(event));
  await system.syncNow('Event', event);
  const { rows } = await system.database.query<{ id: string }>(
    `INSERT INTO race (modified_on, event_id, name, discipline, distance_m)
     SELECT clock_timestamp(), $1, 'Race ' || n, 'RUN', 10000 FROM generate_series(1, $2::integer) n RETURNING id::text`,
    [event, count],
  );
  return rows.map(({ id }) => id);
}

async function atTagServer(ids: readonly string[]): Promise<number> {
  const { races: remote } = await system.tagServer.control.state();
  return ids.filter((id) => id in remote).length;
}

/** A sweep whose failure counts where it is awaited: not in another file's tests, if this one fails before. */
function startSweep() {
  const sweep = system.sweep();
  sweep.catch(() => undefined);
  return sweep;
}

/** Each is at TagServer, was written once, and has a matching record. */
async function expectEachOnce(ids: readonly string[]): Promise<void> {
  const { races: remote } = await system.tagServer.control.state();
  expect(ids.filter((id) => remote[id]?.version !== 1)).toEqual([]);
  const { rows } = await system.database.query(
    `SELECT state, count(*)::integer AS n FROM sync_race
     WHERE sync_process = 'TAGSERVER' AND entity_key = ANY ($1::bigint[]) GROUP BY state`,
    [ids],
  );
  expect(rows).toEqual([{ state: 'IN_SYNC', n: ids.length }]);
  expect((await system.sweep()).totals).toEqual({});
}

/** Runs whose histories were read after they ended. */
const read = new Set<string>();

/** Workflows that failed, or that one worker could not continue after another. */
async function brokenWorkflows(): Promise<string[]> {
  const broken: string[] = [];
  await listIsCurrent(system.temporal);
  for await (const { workflowId, runId, status } of system.temporal.workflow.list()) {
    if (read.has(runId) || workflowId.startsWith('marker/')) continue;
    if (status.name !== 'RUNNING') read.add(runId);
    const { events } = await system.temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const event of events ?? []) {
      const failure = event.workflowTaskFailedEventAttributes?.failure ?? event.workflowExecutionFailedEventAttributes;
      if (failure != null) broken.push(`${workflowId}: ${JSON.stringify(failure)}`);
    }
  }
  return broken;
}

const BY_ITSELF = [expect.objectContaining({ code: 0, signal: null })];

describe('workers that are told to stop', () => {
  test('during deliveries end within their grace, and none is lost or doubled', async () => {
    const ids = await races(160);
    await system.tagServer.control.setFaults({ latency: { ms: LATENCY_MS, match: { method: 'PUT' } } });
    const sweep = startSweep();
    await system.eventually('a part of them', async () => (await atTagServer(ids)) >= 20);
    expect(await system.stopWorkers()).toEqual(BY_ITSELF);
    expect(await atTagServer(ids)).toBeLessThan(160);
    await system.tagServer.control.clearFaults();
    await system.startWorkers();
    await sweep;
    await expectEachOnce(ids);
    expect(await brokenWorkflows()).toEqual([]);
  });
});

describe(`workers of ${EARLIER}, replaced by today's under load`, () => {
  test('what they began goes on: it replays, and nothing is lost or doubled', async () => {
    const earlier = await earlierCommit(EARLIER);
    try {
      await system.stopWorkers();
      await system.startWorkers(earlier.folder);
      const ids = await races(160);
      await system.tagServer.control.setFaults({ latency: { ms: LATENCY_MS, match: { method: 'PUT' } } });
      const sweep = startSweep();
      await system.eventually('a part of them', async () => (await atTagServer(ids)) >= 20);
      expect(await system.replaceWorkers()).toEqual(BY_ITSELF);
      expect(await atTagServer(ids)).toBeLessThan(160);
      await system.tagServer.control.clearFaults();
      await sweep;
      await expectEachOnce(ids);
      expect(await brokenWorkflows()).toEqual([]);
    } finally {
      earlier.remove();
    }
  });
});
