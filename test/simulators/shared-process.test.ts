import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { freePort } from '../../local/free-port.ts';
import { createControlClient } from '../../simulators/kit/control-client.ts';
import { startSimulator } from '../../simulators/kit/spawn-simulator.ts';
import { startTagServer } from '../../simulators/tagserver/start.ts';
import { waitUntil } from '../wait-until.ts';
import { type SharedSimulators, startSharedSimulators } from '../shared-simulators.ts';

let shared: SharedSimulators;
const ends: string[] = [];

beforeAll(async () => {
  shared = await startSharedSimulators((line) => ends.push(line));
  Object.assign(process.env, shared.environment);
});

afterAll(async () => {
  await shared?.stop();
});

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/control/journal`).then(
    ({ ok }) => ok,
    () => false,
  );

const get = async ({ url, token }: Awaited<ReturnType<typeof startTagServer>>): Promise<number> =>
  (await fetch(`${url}/v1/events`, { headers: { authorization: `Bearer ${token}` } })).status;

test('each simulator has its own port, state and knobs; the end of one leaves the others', async () => {
  const [first, second] = await Promise.all([startTagServer(), startTagServer({ token: 'other' })]);
  await first.control.setFaults({ respond: { status: 503, times: 9 } });
  expect(await get(first)).toBe(503);
  expect(await get(second)).not.toBe(503);
  expect(await first.control.journal()).toHaveLength(1);
  await first.stop();
  await first.stop();
  expect([await answers(first.url), await answers(second.url)]).toEqual([false, true]);
  await second.kill();
  expect(await answers(second.url)).toBe(false);
});

test('a request that is under way does not hold up the end of its simulator', async () => {
  const tagServer = await startTagServer();
  await tagServer.control.setFaults({ latency: { ms: 600_000 } });
  const underWay = expect(get(tagServer)).rejects.toThrow();
  await waitUntil({ what: 'a request under way' }, async () => (await tagServer.control.concurrency()).current === 1);
  await tagServer.stop();
  await underWay;
});

test('what the vendor would not answer is told at the end', async () => {
  const liar = await startSimulator(new URL('lying-simulator.ts', import.meta.url), {});
  expect((await fetch(`${liar.url}/api/names/2`)).status).toBe(500);
  expect(await createControlClient(liar.url).misfits()).toHaveLength(1);
  await expect(liar.stop()).rejects.toThrow(
    /lying-simulator.ts answered what its vendor does not:\nGET \/names\/:id 200/,
  );
  expect(await answers(liar.url)).toBe(false);
});

test.each([
  ['../../simulators/mautic/main.ts', {}, /mautic\/main.ts did not start.*--username/],
  ['../../simulators/mautic/main.ts', { username: 'u', password: 'p', version: '3' }, /--version 4/],
  ['../../simulators/mautic/main.ts', { wrong: 'x' }, /--wrong/],
  ['../../simulators/kit/clock.ts', {}, /not the program of a simulator/],
  ['../../simulators/none.ts', {}, /none.ts/],
])('%s with %j does not start, and says so', async (main, options, complaint) => {
  await expect(startSimulator(new URL(main, import.meta.url), options)).rejects.toThrow(complaint);
});

test('nobody without the address starts anything', async () => {
  const { origin } = new URL(shared.environment.SIMULATORS_SHARED_PROCESS);
  const response = await fetch(`${origin}/start`, { method: 'POST', body: '{}' });
  expect([response.status, await response.json()]).toEqual([400, { reason: 'not found' }]);
});

test('one with a port of its own is a process', async () => {
  const inside = await startTagServer();
  const own = await startTagServer({ port: await freePort() });
  await shared.stop();
  expect([await answers(inside.url), await answers(own.url)]).toEqual([false, true]);
  expect(ends).toEqual([]);
  await own.stop();
});

test('an error that ends the shared process is told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'simulators-'));
  try {
    const program = join(folder, 'faulty.mjs');
    writeFileSync(program, `setTimeout(() => { throw new Error('a fault of its own'); });`);
    const faulty = await startSharedSimulators((line) => ends.push(line));
    Object.assign(process.env, faulty.environment);
    await expect(startSimulator(pathToFileURL(program), {})).rejects.toThrow();
    await waitUntil({ what: 'a message' }, async () => ends.length > 0);
    expect(ends).toEqual([expect.stringMatching(/process of simulators ended \(exit code 1\)[^]*a fault of its own/)]);
    await faulty.stop();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
