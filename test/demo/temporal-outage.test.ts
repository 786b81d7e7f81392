import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { onceTemporalAnswers, watchTemporal } from '../../demo/temporal-outage.ts';
import { findTemporalCli } from '../../local/temporal-cli.ts';
import { type LocalTemporal, startTemporal } from '../../local/temporal-server.ts';

let server: LocalTemporal;
let connection: Connection;
let client: Client;
beforeAll(async () => {
  server = await startTemporal({ cli: await findTemporalCli(), namespaces: ['default'], ui: false });
  connection = await Connection.connect({ address: server.address });
  client = new Client({ connection });
});
// A test that fails meanwhile leaves the server running for the next one.
afterEach(() => {
  process.kill(server.process.pid, 'SIGCONT');
});
afterAll(async () => {
  await connection.close();
  await server.stop();
});

const count = () => client.withDeadline(Date.now() + 1_000, () => client.workflow.count());

/** A signal takes a moment on a busy machine, and the server still answers meanwhile. */
async function freeze(): Promise<void> {
  process.kill(server.process.pid, 'SIGSTOP');
  let answers = true;
  while (answers) {
    answers = await count().then(
      () => true,
      () => false,
    );
  }
}

async function until(said: readonly string[], lines: number): Promise<void> {
  while (said.length < lines) await sleep(50);
}

test('an outage of Temporal is told once, and its end; a request made meanwhile is answered afterwards', async () => {
  const stop = new AbortController();
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const watching = watchTemporal(client, { signal: stop.signal, say, everyMs: 500, tellAfterMs: 5_000 });
  await sleep(1_500);
  expect(said).toEqual([]);

  await freeze();
  let answered = false;
  const request = onceTemporalAnswers(async () => {
    await count();
    answered = true;
  });
  await until(said, 1);
  await sleep(2_000);
  expect(said).toEqual([expect.stringMatching(/^Temporal has not answered for \d+ s\. The demo waits/)]);
  expect(answered).toBe(false);

  process.kill(server.process.pid, 'SIGCONT');
  await until(said, 2);
  expect(said[1]).toMatch(/^Temporal answers again after \d+ s/);
  await request;
  stop.abort();
  await watching;
});

test('a request that Temporal refuses is not repeated', async () => {
  let requests = 0;
  const request = onceTemporalAnswers(() => {
    requests += 1;
    return client.workflow.getHandle('nobody').describe();
  });
  await expect(request).rejects.toThrow();
  expect(requests).toBe(1);
});
