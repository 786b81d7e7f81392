import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { projectFolder } from '../../local/folders.ts';
import { inspect } from '../../local/leftover.ts';
import { untilGone } from './processes.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** An npm that never ends and has started an install script. It records both, and which of the others are alive. */
const NPM = `
  const { spawn } = require('node:child_process');
  const { appendFileSync } = require('node:fs');
  const script = spawn('sleep', ['60'], { stdio: 'ignore' });
  appendFileSync(process.env.NOTES, process.pid + ' ' + script.pid + '\\n');
  setInterval(() => {}, 1_000);`;

const folder = temporaryFolder();
const npm = join(folder, 'npm-cli.js');
const notes = join(folder, 'notes');
const project = join(folder, 'checkout');
const run = join(project, 'local', 'run.mjs');
const started: ChildProcess[] = [];

beforeEach(() => {
  writeFileSync(npm, NPM);
  mkdirSync(project, { recursive: true });
  cpSync(join(projectFolder, 'local'), join(project, 'local'), { recursive: true });
  writeFileSync(join(project, 'package.json'), JSON.stringify({ devDependencies: { node: process.versions.node } }));
  writeFileSync(join(project, 'package-lock.json'), JSON.stringify({ packages: { 'node_modules/node': {} } }));
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  for (const pid of pids().flat()) if (inspect(pid) !== undefined) process.kill(pid, 'SIGKILL');
  rmSync(project, { recursive: true, force: true });
  rmSync(notes, { force: true });
});

function start(): ChildProcess {
  const env = { ...process.env, npm_execpath: npm, NOTES: notes };
  const child = spawn(process.execPath, [run, 'program.ts'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  return child;
}

/** For each npm started: its process id and that of its install script. */
function pids(): number[][] {
  if (!existsSync(notes)) return [];
  return readFileSync(notes, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
}

async function npmNumber(count: number): Promise<number[]> {
  for (;;) {
    const found = pids()[count - 1];
    if (found !== undefined) return found;
    await sleep(20);
  }
}

describe('set-up', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('that %s stops ends npm and its scripts, and says so', async (signal, exitCode) => {
    const child = start();
    const errors = text(child.stderr ?? Readable.from([]));
    const [npmPid = 0, scriptPid = 0] = await npmNumber(1);
    child.kill(signal);
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(await errors).toMatch(/\(npm install, about a minute\): stopped after \d+ s\n/);
    expect(await errors).toContain(`Set-up was stopped (${signal}); npm has been ended.`);
    expect(code).toBe(exitCode);
    await untilGone(npmPid);
    await untilGone(scriptPid);
  });

  test('that was killed leaves npm to the next one, which ends it before it starts its own', async () => {
    const first = start();
    const [npmPid = 0, scriptPid = 0] = await npmNumber(1);
    // npm may be quicker than the set-up that notes down which process it is.
    while (!existsSync(join(project, '.local', 'npm-install.json'))) await sleep(20);
    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(inspect(npmPid)).toBeDefined();

    const second = start();
    const errors = text(second.stderr ?? Readable.from([]));
    const [secondPid] = await npmNumber(2);
    expect(inspect(npmPid)).toBeUndefined();
    expect(inspect(scriptPid)).toBeUndefined();
    expect(inspect(secondPid ?? 0)).toBeDefined();
    second.kill('SIGTERM');
    expect(await errors).toContain(`Ending the npm that an earlier set-up has left running (process ${npmPid})`);
  });
});
