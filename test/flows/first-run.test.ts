import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { projectFolder } from '../../local/folders.ts';
import { runCli } from '../clients/run-cli.ts';
import { MauticUnderTest } from './mautic-under-test.ts';

const page = readFileSync(join(projectFolder, 'docs', 'first-run.md'), 'utf8');

/** The page's commands, in their order. */
const COMMANDS = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
  block
    .trim()
    .split('\n')
    .map((line) => line.replace(/^npx ems-sync /, '').split(' ')),
);

let under: MauticUnderTest;

beforeAll(async () => {
  under = await MauticUnderTest.start();
});

afterAll(async () => {
  await under?.stop();
});

test('each command of the page about a first run works, in its order, and the second sending changes nothing', async () => {
  const { ems, environment } = under.system;
  const { contact } = await under.control.backdoor({ do: 'create-contact', set: { email: 'ana@clube.example' } });
  await under.control.backdoor({ do: 'unsubscribe', contact });
  for (const [id, email] of [
    ['4711', 'ana@clube.example'],
    ['4712', 'rui@clube.example'],
    ['4713', 'eva@clube.example'],
  ]) {
    await ems.person({ id, email });
    await ems.preference(id ?? '', true);
  }
  // The page assigns ids by hand, so `check` would report that EMS reuses ids.
  await under.system.database.query("SELECT setval(pg_get_serial_sequence('person', 'id'), 4713)");
  expect(COMMANDS.length).toBeGreaterThan(10);
  const said: string[] = [];
  for (const words of COMMANDS) {
    if (words[0] === 'sync' && said.some((line) => line.startsWith('sync'))) await under.control.clearJournal();
    const { code, stdout, stderr } = await runCli(words, environment);
    said.push(`${words.join(' ')}\n${stdout}${stderr}`);
    // One of the ten is suppressed, which does not count as in sync.
    const maySay = words[0] === 'check' || words[0] === 'sync' ? [0, 1] : [0];
    if (!maySay.includes(code ?? -1)) throw new Error(`${words.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
    if (words[0] === 'sync' && said.filter((line) => line.startsWith('sync')).length === 2)
      expect(await under.control.journal({ writesOnly: true })).toEqual([]);
  }
  const fixed = said.find((line) => line.startsWith('check --fix')) ?? '';
  expect([...fixed.matchAll(/^FAILED (\w+)/gm)].map(([, what]) => what)).toEqual(['schedules']);
  expect(said.find((line) => line.startsWith('why'))).toContain('email: unsubscribed');
  for (const [id, state] of [
    ['4711', 'SUPPRESSED'],
    ['4712', 'IN_SYNC'],
    ['4713', 'IN_SYNC'],
  ])
    expect(await under.process.record('Person', id ?? '')).toMatchObject({ state });
});
