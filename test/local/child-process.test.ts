import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { startChild } from '../../local/child-process.ts';
import { inspect } from '../../local/leftover.ts';
import { startFixture, untilGone } from './processes.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const shell = (script: string, more: { graceMs?: number; logFile?: string } = {}) =>
  startChild({ name: 'sample', command: '/bin/sh', args: ['-c', script], ...more });

describe('a child process', () => {
  test('is asked to end, and may clean up first', async () => {
    const file = join(folder, 'cleaned up');
    const child = await shell(`trap 'touch "${file}"; exit 0' TERM; while :; do sleep 0.05; done`);
    await sleep(200);
    await child.stop();
    expect(existsSync(file)).toBe(true);
    expect(await child.ended).toEqual({ code: 0, signal: null, asked: true });
  });

  test('that does not listen is made to end after the grace period', async () => {
    const child = await shell(`trap '' TERM; while :; do sleep 0.05; done`, { graceMs: 300 });
    await sleep(200);
    await child.stop();
    expect(await child.ended).toEqual({ code: null, signal: 'SIGKILL', asked: true });
  });

  test('that ends by itself says how, with the end of its log', async () => {
    const logFile = join(folder, 'child.log');
    const child = await shell('echo cannot open the sluice >&2; exit 3', { logFile });
    const end = await child.ended;
    expect(end).toEqual({ code: 3, signal: null, asked: false });
    expect(child.running).toBe(false);
    expect(child.describeEnd(end)).toMatch(/exit code 3.*\n\s+cannot open the sluice/);
    await child.stop();
  });

  test('that cannot be started is an error which names it', async () => {
    await expect(startChild({ name: 'Nothing', command: join(folder, 'none'), args: [] })).rejects.toThrow(
      /Nothing cannot be started \(.*none\)/,
    );
  });

  test('kill() gives it no chance to clean up', async () => {
    const file = join(folder, 'not written');
    const child = await shell(`trap 'touch "${file}"' TERM EXIT; while :; do sleep 0.05; done`);
    await sleep(100);
    child.kill();
    expect((await child.ended).signal).toBe('SIGKILL');
    expect(existsSync(file)).toBe(false);
  });

  test('takes what it started itself with it', async () => {
    const logFile = join(folder, 'grandchild.log');
    const child = await shell('sleep 60 & echo $!; wait', { logFile });
    await sleep(200);
    const grandchild = Number(readFileSync(logFile, 'utf8'));
    expect(inspect(grandchild)?.parent).toBe(child.pid);
    await child.stop();
    await untilGone(grandchild);
  });

  test('does not outlive a parent that is killed, even if it ignores SIGTERM', async () => {
    const leftBehind = join(folder, 'left behind');
    mkdirSync(leftBehind);
    const stubborn = `trap '' TERM; while :; do sleep 0.05; done`;
    const owner = await startFixture('child-owner.ts', [stubborn, leftBehind]);
    process.kill(owner.pid, 'SIGKILL');
    await untilGone(owner.told);
    await sleep(500);
    expect(existsSync(leftBehind)).toBe(false);
  });
});
