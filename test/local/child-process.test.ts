import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { startChild } from '../../local/child-process.ts';
import { inspect } from '../../local/leftover.ts';
import { waitUntil } from '../wait-until.ts';
import { startFixture, untilGone } from './processes.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const shell = (script: string, more: { graceMs?: number; logFile?: string } = {}) =>
  startChild({ name: 'sample', command: '/bin/sh', args: ['-c', script], ...more });

let shells = 0;

/** A shell that has set this trap and stays. */
async function trapping(trap: string, more: { graceMs?: number } = {}) {
  shells += 1;
  const logFile = join(folder, `shell-${shells}.log`);
  const child = await shell(`trap ${trap}; echo ready; while :; do sleep 0.05; done`, { ...more, logFile });
  await written(logFile);
  return child;
}

/** Waits until there is a line in this file. */
const written = (file: string) =>
  waitUntil({ what: `a line in ${file}` }, () => /.*\n/.exec(readFileSync(file, 'utf8'))?.[0]);

describe('a child process', () => {
  test('is asked to end, and may clean up first', async () => {
    const file = join(folder, 'cleaned up');
    const child = await trapping(`'touch "${file}"; exit 0' TERM`);
    await child.stop();
    expect(existsSync(file)).toBe(true);
    expect(await child.ended).toEqual({ code: 0, signal: null, asked: true });
  });

  test('that does not listen is made to end after the grace period', async () => {
    const child = await trapping(`'' TERM`, { graceMs: 300 });
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
    const child = await trapping(`'touch "${file}"' TERM EXIT`);
    child.kill();
    expect((await child.ended).signal).toBe('SIGKILL');
    expect(existsSync(file)).toBe(false);
  });

  test('takes what it started itself with it', async () => {
    const logFile = join(folder, 'grandchild.log');
    const child = await shell('sleep 60 & echo $!; wait', { logFile });
    const grandchild = Number(await written(logFile));
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
    await waitUntil({ what: 'its folder removed' }, () => !existsSync(leftBehind));
  });
});
