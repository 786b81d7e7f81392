import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MODEL_FILE, SecondEms } from '../second-ems/second-ems.ts';
import { runCli, type CliRun } from './run-cli.ts';

let tables: Awaited<ReturnType<typeof SecondEms.tables>>;
let file: string;

beforeAll(async () => {
  tables = await SecondEms.tables();
  file = join(mkdtempSync(join(tmpdir(), 'ems-model-')), 'ems-model.yaml');
});

afterAll(() => tables?.drop());

const ems = (...args: string[]): Promise<CliRun> =>
  runCli(args, {
    DATABASE_URL: tables.url,
    EMS_MODEL_FILE: file,
    TEMPORAL_ADDRESS: process.env['TEST_TEMPORAL_ADDRESS'] ?? '',
    SYNC_KEY: Buffer.alloc(32, 7).toString('base64'),
    TAGSERVER_URL: 'http://127.0.0.1:9',
    TAGSERVER_TOKEN: 'token',
  });

const emsTables = async () => /^(ok|FAILED) +EMS tables:? +(.*)$/m.exec((await ems('check')).stdout)?.slice(1);

test('migrate tells what in the file is wrong by its line, makes the views, and check compares them', async () => {
  const model = readFileSync(MODEL_FILE, 'utf8');
  writeFileSync(file, model.replace('familyName', 'surname').replace('registry.Tag', 'registry.Chip'));
  const refused = await ems('migrate');
  expect(refused.stderr.split('\n')).toEqual([
    expect.stringMatching(
      /ems-model\.yaml, line 12: Person\.last_name: registry\.Person has no column surname\. It has: /,
    ),
    expect.stringMatching(/ems-model\.yaml, line \d+: Tag: there is no table registry\.Chip in this database$/),
    '',
  ]);
  expect(refused.code).toBe(2);

  writeFileSync(file, model);
  expect(await emsTables()).toEqual(['FAILED', expect.stringMatching(/no views of .*Run: npx ems-sync migrate$/)]);
  const made = await ems('migrate');
  expect(made.stdout).toMatch(/^ran ems-model\nran sync-0001-records/);
  expect(made.code).toBe(0);
  expect(await emsTables()).toEqual(['ok', expect.stringMatching(/under EMS's own names \(views in sync_ems\)$/)]);
});
