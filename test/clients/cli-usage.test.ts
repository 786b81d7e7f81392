import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { TARGETS } from '../../targets/index.ts';
import { runCli } from './run-cli.ts';

const NOWHERE = {
  DATABASE_URL: 'postgres://ems:top-secret@127.0.0.1:1/ems',
  TEMPORAL_ADDRESS: '127.0.0.1:2',
  TAGSERVER_URL: 'http://127.0.0.1:3',
  TAGSERVER_TOKEN: 'token-secret',
  SYNC_KEY: Buffer.alloc(32, 7).toString('base64'),
};

const TYPES = 'Organisation, Event, Person, Race, StartGroup, EventParticipant, StartGroupParticipant, Tag';

describe('ems-sync', () => {
  test.each([
    ['check'],
    ['migrate'],
    ['schedules', 'apply'],
    ['schedules', 'list'],
    ['schedules', 'pause'],
    ['schedules', 'resume'],
    ['sync'],
    ['sweep'],
    ['status'],
    ['why'],
    ['retry'],
    ['conflicts'],
    ['conflicts', 'list'],
    ['conflicts', 'show'],
    ['conflicts', 'restore'],
    ['link'],
    ['unlink'],
  ])('%s %s explains itself with an example, without any setting', async (...command) => {
    const { code, stdout } = await runCli([...command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples?: npx ems-sync ${command.join(' ')}`));
  });

  test.each([
    [['sync', 'FOO', 'Person', '1'], 'unknown process FOO; it is one of TAGSERVER'],
    [['retry', 'FOO'], 'unknown process FOO; it is one of TAGSERVER'],
    [['schedules', 'pause', 'FOO'], 'unknown process FOO; it is one of TAGSERVER'],
    [['sync', 'tagserver', 'Horse', '1'], `unknown type Horse of TAGSERVER; it is one of ${TYPES}`],
    [['why', 'Horse', '1'], 'unknown type Horse'],
    [['sweep', 'TAGSERVER', 'sideways'], 'unknown direction sideways; it is one of outbound'],
    [['sweep', 'TAGSERVER', 'inbound'], 'TAGSERVER has no inbound direction; it has outbound'],
    [['link', 'FOO', 'Event', '1', '567@9'], 'unknown process FOO'],
    [['link', 'RUNSIGNUP', 'Tag', '1', '567@9'], 'unknown type Tag of RUNSIGNUP; it is one of Event'],
    [['link', 'RUNSIGNUP', 'Event', 'x', '567@9'], 'x is not an id of an EMS row'],
    [['link', 'RUNSIGNUP', 'Event', '1', ' '], 'is not an id of a remote record'],
    [['link', 'RUNSIGNUP', 'Event', '1'], "missing required argument 'remote-id'"],
    [['unlink', 'RUNSIGNUP', 'Event'], "missing required argument 'id'"],
    [['conflicts', 'show', 'x'], 'x is not the number of a conflict'],
    [['conflicts', 'restore', '1', '--timeout', '0'], '1 to 86400 seconds'],
    [['conflicts', 'list', '--process', 'FOO'], 'unknown process FOO'],
    [['sync', 'TAGSERVER', 'Person', '12x'], '12x is not an id of an EMS row'],
    [['sync', 'TAGSERVER', 'Person', '0'], '0 is not an id of an EMS row'],
    [['why', 'Person', '9223372036854775808'], '9223372036854775808 is not an id of an EMS row'],
    [['sync', 'TAGSERVER'], "missing required argument 'type'"],
    [['sync', 'TAGSERVER', 'Person', '1', '--timeout', 'soon'], '1 to 86400 seconds'],
    [['status', '--jsn'], "unknown option '--jsn'"],
    [['stauts'], "unknown command 'stauts'"],
    [[], 'Usage: ems-sync'],
  ])('%j is wrong use: exit 2 and what is wrong', async (args, message) => {
    const { code, stdout, stderr } = await runCli(args, NOWHERE);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test('names every problem of the settings, a line each, with exit 2', async () => {
    const { code, stderr } = await runCli(['status'], {
      TAGSERVER_URL: 'tagserver',
      TEMPORAL_ADDRESS: 'http://temporal',
      SYNC_CRON_TAGSERVER_OUTBOUND: '99 * * * *',
      TEMPORAL_UI_URL: 'localhost',
    });
    expect(code).toBe(2);
    const lines = stderr.trim().split('\n');
    for (const name of [
      'DATABASE_URL',
      'TAGSERVER_URL',
      'TAGSERVER_TOKEN',
      'TEMPORAL_ADDRESS',
      'SYNC_CRON_TAGSERVER_OUTBOUND',
      'TEMPORAL_UI_URL',
    ])
      expect(lines.filter((line) => line.startsWith(`${name} `))).toHaveLength(1);
    expect(lines).toHaveLength(6);
  });

  test('says which setting a process lacks that is off', async () => {
    const { DATABASE_URL, TEMPORAL_ADDRESS } = NOWHERE;
    for (const args of [
      ['sync', 'TAGSERVER', 'Person', '1'],
      ['sweep', 'TAGSERVER', 'outbound'],
      ['retry', 'TAGSERVER'],
    ]) {
      const { code, stderr } = await runCli(args, { DATABASE_URL, TEMPORAL_ADDRESS });
      expect(stderr).toContain('TAGSERVER is off: set TAGSERVER_URL, TAGSERVER_TOKEN');
      expect(code).toBe(2);
    }
  });

  test.each([
    [['status'], 'PostgreSQL at 127.0.0.1:1'],
    [['migrate'], 'PostgreSQL at 127.0.0.1:1'],
    [['sync', 'TAGSERVER', 'Person', '1'], 'PostgreSQL at 127.0.0.1:1'],
    [['schedules', 'list'], 'Temporal at 127.0.0.1:2'],
    [['sweep', 'TAGSERVER', 'outbound', '--wait'], 'Temporal at 127.0.0.1:2'],
  ])('%j says which server cannot be reached and where, and no password', async (args, where) => {
    const started = Date.now();
    const { code, stderr, stdout } = await runCli(args, NOWHERE);
    expect(stderr).toContain(`${where} cannot be reached`);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout + stderr).not.toMatch(/top-secret|token-secret/);
    expect(code).toBe(1);
    expect(Date.now() - started).toBeLessThan(60_000);
  });

  test('check goes on where one server is missing, and names each', async () => {
    const { code, stdout } = await runCli(['check'], NOWHERE);
    expect(stdout).toMatch(/^ok +settings: TAGSERVER$/m);
    expect(stdout).toMatch(/^FAILED database: PostgreSQL at 127\.0\.0\.1:1 cannot be reached/m);
    expect(stdout).toMatch(/^FAILED Temporal: Temporal at 127\.0\.0\.1:2 cannot be reached/m);
    expect(stdout).toMatch(
      /^FAILED TAGSERVER: TagServer cannot be reached .*If it is up, check TAGSERVER_URL, TAGSERVER_TOKEN$/m,
    );
    expect(stdout).not.toMatch(/top-secret|token-secret/);
    expect(code).toBe(1);
  });

  test('passes arguments and exit code on through its launcher', async () => {
    expect(await runCli(['sync', 'FOO', 'Person', '1'], NOWHERE, 'clients/ems-sync.mjs')).toEqual({
      code: 2,
      stdout: '',
      stderr: `unknown process FOO; it is one of ${TARGETS.map(({ process }) => process.name).join(', ')}\n`,
    });
    expect((await runCli(['--help'], {}, 'clients/ems-sync.mjs')).code).toBe(0);
  });

  test('says what to do where set-up was not done', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ems-sync-launcher-'));
    try {
      await mkdir(join(folder, 'clients'));
      await copyFile(new URL('../../clients/ems-sync.mjs', import.meta.url), join(folder, 'clients', 'ems-sync.mjs'));
      const { status, stderr } = spawnSync(process.execPath, [join(folder, 'clients', 'ems-sync.mjs'), 'status']);
      expect(String(stderr)).toMatch(/run npm run setup/);
      expect(status).toBe(1);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
