import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { inventEmail } from '../../simulators/ems/contact-details.ts';
import { createRng } from '../../simulators/ems/rng.ts';
import { createMailchimp } from '../../simulators/mailchimp/app.ts';
import {
  type StartOptions,
  type StartedMailchimp,
  controlOf,
  startMailchimp,
  subscriberHash,
} from '../../simulators/mailchimp/start.ts';
import { eventually } from './eventually.ts';

const started: StartedMailchimp[] = [];
const folders: string[] = [];

const start = async (options: StartOptions = {}): Promise<StartedMailchimp> => {
  const mailchimp = await startMailchimp(options);
  started.push(mailchimp);
  return mailchimp;
};

afterEach(async () => {
  await Promise.all(started.splice(0).map((mailchimp) => mailchimp.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const storageFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'mailchimp-'));
  folders.push(folder);
  return join(folder, 'mailchimp.sqlite');
};

const main = fileURLToPath(new URL('../../simulators/mailchimp/main.ts', import.meta.url));

/** Its exit code and standard error. */
const endOf = async (args: readonly string[]): Promise<readonly [number, string]> => {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const [code] = (await once(child, 'close')) as [number];
  return [code, complaint];
};

test('a file keeps everything over a crash, also who was erased and a batch that was not worked on', async () => {
  const storage = storageFile();
  const setup = { mergeFields: [{ tag: 'EMSID' }], interestCategories: [{ title: 'EMS', interests: ['NEWSLETTER'] }] };
  const before = await start({ storage, setup, settings: { batchStepMs: 1_500 } });
  const email = 'ana@club.example';
  await before.control.backdoor({ do: 'create-member', email, set: { merge_fields: { EMSID: '1' } }, tags: ['ems'] });
  await before.control.backdoor({ do: 'unsubscribe', member: email });
  await before.control.backdoor({ do: 'forget', email: 'gone@club.example' });
  const headers = { authorization: `Bearer ${before.key}` };
  const members = `/lists/${before.list}/members`;
  const body = JSON.stringify({ email_address: 'later@club.example', status: 'subscribed' });
  const operations = [{ method: 'POST', path: members, body }];
  await fetch(`${before.url}/3.0/batches`, { method: 'POST', headers, body: JSON.stringify({ operations }) });
  const { batches: _begun, members: kept, ...state } = await before.control.state();
  await before.kill();

  const after = await start({ storage, settings: { batchStepMs: 1_500 } });
  expect(await after.control.state()).toMatchObject({ ...state, members: kept });
  const later = subscriberHash('later@club.example');
  await eventually(async () => later in (await after.control.state()).members);
});

test('a reset goes back to the setup and settings that it was started with', async () => {
  const mailchimp = await start({
    list: 'ffff000011',
    setup: { mergeFields: [{ tag: 'PHONE', type: 'text' }], marketingPermissions: ['Email'] },
    settings: { refusedDomains: ['fake.example'] },
  });
  const { mergeFields } = await mailchimp.control.state();
  expect(mergeFields.map(({ tag, type }) => [tag, type])).toEqual([
    ['FNAME', 'text'],
    ['LNAME', 'text'],
    ['ADDRESS', 'address'],
    ['BIRTHDAY', 'birthday'],
    ['PHONE', 'text'],
  ]);
  await mailchimp.control.backdoor({ do: 'create-merge-field', tag: 'EMSID' });
  await mailchimp.control.setSettings({ refusedDomains: [], connections: 3 });
  await mailchimp.control.reset();
  expect((await mailchimp.control.state()).mergeFields).toEqual(mergeFields);
  expect(await mailchimp.control.settings()).toMatchObject({ refusedDomains: ['fake.example'], connections: 10 });
});

test('it can be had without a process of its own', async () => {
  const app = createMailchimp({ key: 'k', list: 'l', storage: ':memory:' });
  try {
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const { id } = await controlOf(url).backdoor({ do: 'create-member', email: 'ana@club.example' });
    expect(id).toBe(subscriberHash('ana@club.example'));
  } finally {
    await app.close();
  }
});

test('all made-up persons of EMS pass if another domain is refused in the place of the default ones', async () => {
  const rng = createRng(1);
  const members = Array.from({ length: 500 }, (_, number) => ({
    email_address: inventEmail(rng, ['Ana', 'Silva'], 'PT', number),
    status: 'subscribed',
  }));
  const refusals = async (options: StartOptions): Promise<number> => {
    const { url, list, key } = await start(options);
    const headers = { authorization: `Bearer ${key}` };
    const body = JSON.stringify({ members });
    const response = await fetch(`${url}/3.0/lists/${list}`, { method: 'POST', headers, body });
    return ((await response.json()) as { error_count: number }).error_count;
  };
  expect(await refusals({ settings: { refusedDomains: ['fake.example'] } })).toBe(0);
  expect(await refusals({})).toBeGreaterThan(0);
});

test('without a key or a list it does not start, and says so; nor with a setup that is none', async () => {
  expect(await endOf(['--key', 'k'])).toEqual([2, expect.stringMatching(/--list/)]);
  expect(await endOf(['--key', 'k', '--list', 'l', '--setup', 'nonsense'])).toEqual([
    2,
    expect.stringMatching(/--setup takes a JSON object/),
  ]);
});

test('SIGTERM ends it cleanly, whatever is under way', async () => {
  const child = spawn(process.execPath, [main, '--key', 'k', '--list', 'l', '--until-stdin-closes'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const { listening } = JSON.parse(line) as { listening: string };
    const operations = [{ method: 'GET', path: '/ping' }];
    const headers = { authorization: 'Bearer k' };
    await fetch(`${listening}/3.0/batches`, { method: 'POST', headers, body: JSON.stringify({ operations }) });
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
  }
});
