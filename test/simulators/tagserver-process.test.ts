import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type StartedTagServer, startTagServer } from '../../simulators/tagserver/start.ts';
import { eventually } from './eventually.ts';

const started: StartedTagServer[] = [];
const folders: string[] = [];

const start = async (options: Parameters<typeof startTagServer>[0] = {}): Promise<StartedTagServer> => {
  const tagServer = await startTagServer(options);
  started.push(tagServer);
  return tagServer;
};

afterEach(async () => {
  await Promise.all(started.splice(0).map((tagServer) => tagServer.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const storageFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tagserver-'));
  folders.push(folder);
  return join(folder, 'tagserver.sqlite');
};

const put = ({ url, token }: StartedTagServer, id: string, sourceVersion: number): Promise<Response> =>
  fetch(`${url}/v1/organisations/${id}`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'x-source-version': String(sourceVersion),
    },
    body: JSON.stringify({ name: `Club ${id}` }),
  });

test('a file keeps everything over a crash: data, numbers of attempts, sequence', async () => {
  const storage = storageFile();
  const before = await start({ storage });
  await put(before, '1', 5);
  const { sequence } = (await (await put(before, '2', 6)).json()) as { sequence: string };
  const stateBefore = await before.control.state();
  await before.kill();

  const after = await start({ storage });
  expect(await after.control.state()).toEqual(stateBefore);
  expect((await put(after, '1', 4)).status).toBe(409);
  const next = (await (await put(after, '3', 7)).json()) as { sequence: string };
  expect(BigInt(next.sequence)).toBe(BigInt(sequence) + 1n);
});

test('without a file, a new process knows nothing', async () => {
  const before = await start();
  await put(before, '1', 1);
  await before.stop();
  expect((await (await start()).control.state()).organisations).toEqual({});
});

test('it listens where it is told, and says why if it cannot', async () => {
  const first = await start();
  const port = Number(new URL(first.url).port);
  await expect(startTagServer({ port })).rejects.toThrow(/EADDRINUSE/);
});

test('stop ends it at once although a reader is waiting', async () => {
  const tagServer = await start();
  const headers = { authorization: `Bearer ${tagServer.token}` };
  const waiting = fetch(`${tagServer.url}/v1/changes?wait=25`, { headers }).catch(() => undefined);
  await eventually(async () => (await tagServer.control.concurrency()).current > 0);
  const startedAt = performance.now();
  await tagServer.stop();
  await waiting;
  // Without the shutdown the reader would have waited for 25 s.
  expect(performance.now() - startedAt).toBeLessThan(20_000);
  await expect(fetch(`${tagServer.url}/v1/healthz`)).rejects.toThrow();
});

test.each(['SIGTERM', 'SIGINT', 'the end of its standard input'])(
  '%s ends the process cleanly, after one line of JSON',
  async (by) => {
    const main = fileURLToPath(new URL('../../simulators/tagserver/main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, '--token', 't', '--until-stdin-closes'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      const written: string[] = [];
      const lines = createInterface({ input: child.stdout });
      const first = once(lines, 'line');
      lines.on('line', (line) => written.push(line));
      await first;
      const exit = once(child, 'exit');
      if (by === 'SIGTERM' || by === 'SIGINT') child.kill(by);
      else child.stdin.end();
      expect(await exit).toEqual([0, null]);
      expect(written.map((line) => Object.keys(JSON.parse(line) as object))).toEqual([['listening']]);
    } finally {
      child.kill('SIGKILL');
    }
  },
);

const operations = (batch: number) =>
  Array.from({ length: 500 }, (_, nth) => ({
    op: 'upsert',
    type: 'persons',
    externalId: `${batch}-${nth}`,
    data: { givenName: 'Ana', familyName: 'Exemplo' },
  }));

test('thousands of writes pass', async () => {
  const tagServer = await start({ storage: storageFile() });
  for (let batch = 0; batch < 10; batch += 1) {
    const answer = await fetch(`${tagServer.url}/v1/batch`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${tagServer.token}`,
        'content-type': 'application/json',
        'idempotency-key': `batch-number-${batch}-of-ten`,
      },
      body: JSON.stringify({ operations: operations(batch) }),
    });
    expect(await answer.json()).toMatchObject({ failed: 0 });
  }
  expect(Object.keys((await tagServer.control.state()).persons).length).toBe(5_000);
});
