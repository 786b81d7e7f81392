import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type StartedMautic, startMautic } from '../../simulators/mautic/start.ts';
import { basic } from './mautic-under-test.ts';

const started: StartedMautic[] = [];
const folders: string[] = [];

const start = async (options: Parameters<typeof startMautic>[0] = {}): Promise<StartedMautic> => {
  const mautic = await startMautic(options);
  started.push(mautic);
  return mautic;
};

afterEach(async () => {
  await Promise.all(started.splice(0).map((mautic) => mautic.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const storageFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'mautic-'));
  folders.push(folder);
  return join(folder, 'mautic.sqlite');
};

const main = fileURLToPath(new URL('../../simulators/mautic/main.ts', import.meta.url));

const ask = ({ url, username, password }: StartedMautic, method: string, path: string, body?: unknown) =>
  fetch(`${url}/api${path}`, {
    method,
    headers: { authorization: basic(username, password), 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

test('a file keeps everything over a crash: contacts, fields, hooks, tokens, and ids that were given once', async () => {
  const storage = storageFile();
  const before = await start({ storage });
  await before.control.backdoor({ do: 'create-field', field: { label: 'EMS', alias: 'ems_person_id', type: 'text' } });
  const set = { email: 'ana@clube.example', ems_person_id: 'per_1' };
  const { contact } = await before.control.backdoor({ do: 'create-contact', set, tags: ['ems'] });
  await before.control.backdoor({ do: 'unsubscribe', contact });
  const { segment } = await before.control.backdoor({ do: 'create-segment', name: 'ems-news' });
  await before.control.backdoor({ do: 'add-to-segment', contact, segment });
  const hook = { name: 'ems', webhookUrl: 'http://127.0.0.1:9/', triggers: ['mautic.lead_post_delete'] };
  await before.control.backdoor({ do: 'create-hook', hook });
  const { access_token: token } = await before.control.issueTokens();
  const gone = await before.control.backdoor({ do: 'create-contact', set: { email: 'gone@clube.example' } });
  await before.control.backdoor({ do: 'delete-contact', contact: gone.contact });
  const { hooks, ...state } = await before.control.state();
  await before.kill();

  const after = await start({ storage });
  expect(await after.control.state()).toMatchObject(state);
  expect(Object.keys((await after.control.state()).hooks)).toEqual(Object.keys(hooks));
  expect((await ask(after, 'POST', '/contacts/new', set)).status).toBe(200);
  const byToken = await fetch(`${after.url}/api/contacts`, { headers: { authorization: `Bearer ${token}` } });
  expect(byToken.status).toBe(200);
  const next = await after.control.backdoor({ do: 'create-contact', set: { email: 'next@clube.example' } });
  expect(next.contact).toBe(gone.contact + 1);
  await after.control.backdoor({ do: 'bounce', contact: next.contact });
  expect((await after.control.state()).contacts[next.contact]?.doNotContact[0]?.id).toBe(2);
});

test('of version 4 it is so again after a reset', async () => {
  const mautic = await start({ version: '4', username: 'u', password: 'p:w' });
  await mautic.control.setSettings({ version: '5' });
  await mautic.control.reset();
  const response = await ask(mautic, 'GET', '/contacts');
  expect([response.status, response.headers.get('mautic-version')]).toEqual([200, '4.4.10']);
});

test.each([
  [[], /--username/],
  [['--username', 'u', '--password', 'p', '--version', '3'], /--version/],
] as const)('with %j it does not start, and says so', async (args, complains) => {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  expect(await once(child, 'close')).toEqual([2, null]);
  expect(complaint).toMatch(complains);
});

test('SIGTERM ends it cleanly, whatever is under way', async () => {
  const child = spawn(process.execPath, [main, '--username', 'u', '--password', 'p', '--until-stdin-closes'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const { listening } = JSON.parse(line) as { listening: string };
    await fetch(`${listening}/control/backdoor`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ do: 'create-contact', set: { email: 'a@clube.example' } }),
    });
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
  }
});
