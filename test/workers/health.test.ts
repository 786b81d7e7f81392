import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { startChild, type Child } from '../../local/child-process.ts';
import { freePort } from '../../local/free-port.ts';
import { newLogFile } from '../../local/log-file.ts';
import { migratedDatabase, type MigratedDatabase } from '../database/migrated-database.ts';
import { waitUntil } from '../wait-until.ts';
import { registerNamespace } from '../temporal-namespace.ts';

const main = fileURLToPath(new URL('../../workers/main.ts', import.meta.url));
const namespace = `health_${process.pid}`;
const address = process.env['TEST_TEMPORAL_ADDRESS'] ?? '';

let workers: Child | undefined;
let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
  const connection = await Connection.connect({ address });
  await registerNamespace(connection, namespace);
  await connection.close();
});
afterAll(() => database?.close());

afterEach(async () => {
  await workers?.stop();
  workers = undefined;
});

async function start(settings: Readonly<Record<string, string>>) {
  const port = settings['HEALTH_PORT'] ?? String(await freePort());
  const logFile = newLogFile('workers');
  workers = await startChild({
    name: 'The workers',
    command: process.execPath,
    args: [main],
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      TAGSERVER_URL: 'http://127.0.0.1:1',
      TAGSERVER_TOKEN: 'token',
      SYNC_KEY: Buffer.alloc(32, 7).toString('base64'),
      HEALTH_PORT: port,
      ...settings,
    },
    cwd: '/',
    logFile,
  });
  return { port, log: () => readFileSync(logFile, 'utf8') };
}

/** Retries until the answer has this status. */
async function answer(port: string, path: 'live' | 'ready', status: number): Promise<unknown> {
  for (let left = 1_200; ; left -= 1) {
    const response = await fetch(`http://127.0.0.1:${port}/health/${path}`).catch(() => null);
    if (response?.status === status) return response.json();
    if (left === 0) throw new Error(`no ${status} from /health/${path}; the last answer was ${response?.status}`);
    await sleep(100);
  }
}

test('workers that run are live and ready, and answer no more once they have stopped', async () => {
  const { port } = await start({});
  expect(await answer(port, 'ready', 200)).toEqual({ status: 'ready' });
  expect(await answer(port, 'live', 200)).toEqual({ status: 'live' });
  await workers?.stop();
  await expect(fetch(`http://127.0.0.1:${port}/health/live`)).rejects.toThrow();
});

test('workers whose database fails in the middle of their start try again', async () => {
  await database.client.query('ALTER TABLE sync_process_state RENAME TO elsewhere');
  const { port, log } = await start({});
  await waitUntil({ what: 'a try that failed' }, () => /sync_process_state.*trying again/.test(log()));
  await database.client.query('ALTER TABLE elsewhere RENAME TO sync_process_state');
  expect(await answer(port, 'ready', 200)).toEqual({ status: 'ready' });
});

test('workers that wait for Temporal are live, so that nobody restarts them, and not ready', async () => {
  const { port } = await start({ TEMPORAL_ADDRESS: '127.0.0.1:1' });
  expect(await answer(port, 'live', 200)).toEqual({ status: 'live' });
  expect(await answer(port, 'ready', 503)).toMatchObject({ unreachable: ['workers'] });
});

test.each(['HEALTH_PORT', 'METRICS_PORT'])('a port that is taken is a wrong setting: %s', async (setting) => {
  const { port } = await start({});
  await answer(port, 'live', 200);
  const first = workers;
  const { log } = await start({ [setting]: port });
  expect((await workers?.ended)?.code).toBe(2);
  expect(log()).toContain(`${setting} ${port} is taken by another program: set another one`);
  await first?.stop();
});
