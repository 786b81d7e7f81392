import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type StartedChatwoot, startChatwoot } from '../../simulators/chatwoot/start.ts';

const started: StartedChatwoot[] = [];
const folders: string[] = [];

const start = async (options: Parameters<typeof startChatwoot>[0] = {}): Promise<StartedChatwoot> => {
  const chatwoot = await startChatwoot(options);
  started.push(chatwoot);
  return chatwoot;
};

afterEach(async () => {
  await Promise.all(started.splice(0).map((chatwoot) => chatwoot.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const storageFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'chatwoot-'));
  folders.push(folder);
  return join(folder, 'chatwoot.sqlite');
};

const ask = ({ url, token, account }: StartedChatwoot, method: string, path: string, body?: unknown) =>
  fetch(`${url}/api/v1/accounts/${account}${path}`, {
    method,
    headers: { api_access_token: token, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

test('a file keeps everything over a crash, and ids that were given once', async () => {
  const storage = storageFile();
  const before = await start({ storage, account: 7 });
  const { contact } = await before.control.backdoor({ do: 'create-contact', set: { email: 'ana@club.example' } });
  await before.control.backdoor({ do: 'customer-writes', contact, content: 'Olá' });
  await ask(before, 'POST', '/webhooks', { webhook: { url: 'http://127.0.0.1:9/hook' } });
  const gone = await before.control.backdoor({ do: 'create-contact', set: { email: 'gone@club.example' } });
  await before.control.backdoor({ do: 'delete-contact', contact: gone.contact });
  const state = await before.control.state();
  await before.kill();

  const after = await start({ storage, account: 7 });
  expect(await after.control.state()).toEqual(state);
  expect((await ask(after, 'POST', '/contacts', { email: 'ANA@club.example' })).status).toBe(422);
  const next = await after.control.backdoor({ do: 'create-contact', set: { email: 'next@club.example' } });
  expect(next.contact).toBe(gone.contact + 1);
});

test('more requests in a minute than allowed are refused', async () => {
  const chatwoot = await start({ requestsPerMinute: 3 });
  await chatwoot.control.setClock(30_000 - (Date.now() % 60_000));
  const statuses: number[] = [];
  for (let nth = 0; nth < 5; nth += 1) statuses.push((await ask(chatwoot, 'GET', '/inboxes')).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
});

test('without a token it does not start, and says so', async () => {
  const main = fileURLToPath(new URL('../../simulators/chatwoot/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  expect(await once(child, 'close')).toEqual([2, null]);
  expect(complaint).toMatch(/--token/);
});

test('SIGTERM ends it cleanly, whatever is under way', async () => {
  const main = fileURLToPath(new URL('../../simulators/chatwoot/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, '--token', 't', '--until-stdin-closes'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const { listening } = JSON.parse(line) as { listening: string };
    await fetch(`${listening}/control/backdoor`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ do: 'create-contact', set: { email: 'a@club.example' } }),
    });
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
  }
});
