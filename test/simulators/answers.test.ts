import { afterEach, expect, test } from '@jest/globals';
import { createControlClient } from '../../simulators/kit/control-client.ts';
import { type RunningSimulator, spawnSimulator } from '../../simulators/kit/spawn-simulator.ts';

const running: RunningSimulator[] = [];

const start = async () => {
  const simulator = await spawnSimulator(new URL('lying-simulator.ts', import.meta.url), []);
  running.push(simulator);
  return { ...simulator, control: createControlClient(simulator.url) };
};

afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.kill()));
});

test('an answer that the vendor gives passes, with or without a body, and so does an unknown path', async () => {
  const simulator = await start();
  const { url, control } = simulator;
  expect(await (await fetch(`${url}/api/names/1`)).json()).toEqual({ name: 'Ana' });
  expect((await fetch(`${url}/api/names/1`, { method: 'DELETE' })).status).toBe(204);
  expect((await fetch(`${url}/api/elsewhere`)).status).toBe(404);
  expect(await control.misfits()).toEqual([]);
  await simulator.stop();
});

test.each([
  ['/names/2', 'GET /names/:id 200', /isUniqueIdentifer/],
  ['/undeclared', 'GET /undeclared 200', /not declared/],
])('%s answers what the vendor does not: 500, a mark in the journal, and stop throws', async (path, call, reason) => {
  const simulator = await start();
  const { url, control } = simulator;
  const response = await fetch(`${url}/api${path}`);
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ misfit: expect.stringMatching(reason) });
  expect(await control.journal()).toMatchObject([
    { status: 500, fault: 'misfit', outcome: expect.stringMatching(reason) },
  ]);
  await control.reset();
  await expect(simulator.stop()).rejects.toThrow(call);
  await expect(fetch(url)).rejects.toThrow();
});

test('what a knob answers in place of the vendor is not judged', async () => {
  const simulator = await start();
  const { url, control } = simulator;
  await control.setFaults({ respond: { status: 200, body: { anything: true }, times: 1 }, garble: { times: 1 } });
  expect(await (await fetch(`${url}/api/names/1`)).json()).toEqual({ anything: true });
  expect(await (await fetch(`${url}/api/names/1`)).json()).toEqual({ unexpected: true });
  await simulator.stop();
});
