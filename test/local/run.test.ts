import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { projectFolder } from '../../local/folders.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A separate project in a path with a space, whose only dependency is Node, already installed. */
const project = join(temporaryFolder(), 'ems sync');
const nodeVersion = process.versions.node;
beforeAll(() => {
  mkdirSync(join(project, 'node_modules', 'node', 'bin'), { recursive: true });
  cpSync(join(projectFolder, 'local'), join(project, 'local'), { recursive: true });
  symlinkSync(realpathSync(process.execPath), join(project, 'node_modules', 'node', 'bin', 'node'));
  const packages = { 'node_modules/node': { version: nodeVersion } };
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ type: 'module', devDependencies: { node: nodeVersion } }),
  );
  writeFileSync(join(project, 'package-lock.json'), JSON.stringify({ packages }));
  writeFileSync(join(project, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }));
  writeFileSync(
    join(project, 'ends.ts'),
    `const code: string = process.argv[2] ?? '0';
     console.log(JSON.stringify({ args: process.argv.slice(2), path: process.env['PATH']?.split(':')[0] }));
     process.exit(Number(code));`,
  );
  writeFileSync(
    join(project, 'waits.ts'),
    `const timer = setTimeout(() => {}, 20_000);
     process.on('SIGTERM', () => { console.log('stopping in order'); clearTimeout(timer); process.exitCode = 21; });
     console.log('ready');`,
  );
});

const start = (...args: string[]) =>
  spawn(process.execPath, [join(project, 'local', 'run.mjs'), ...args], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

async function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = start(...args);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: code as number | null, out, err };
}

describe('run.mjs', () => {
  test('runs TypeScript from a path with a space, passing arguments and exit code on', async () => {
    const { code, out } = await run('ends.ts', '7', 'two words');
    expect(JSON.parse(out)).toEqual({ args: ['7', 'two words'], path: join(project, 'node_modules', '.bin') });
    expect(code).toBe(7);
  });

  test('passes SIGTERM on and returns what the program makes of it', async () => {
    const child = start('waits.ts');
    const ended = once(child, 'exit');
    const output: string[] = [];
    for await (const chunk of child.stdout) {
      output.push(String(chunk));
      if (output.join('').endsWith('ready\n')) child.kill('SIGTERM');
    }
    expect(output.join('')).toBe('ready\nstopping in order\n');
    expect((await ended)[0]).toBe(21);
  });

  test('does not install again what is installed, and notes it', async () => {
    const stamp = join(project, 'node_modules', '.ems-sync-setup');
    rmSync(stamp, { force: true });
    const { code, err } = await run('ends.ts', '0');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(readFileSync(stamp, 'utf8')).toMatch(/^[0-9a-f]{64} /);
  });

  test('says what to do when the Node that is installed is another one', async () => {
    rmSync(join(project, 'node_modules', '.ems-sync-setup'), { force: true });
    const manifest = join(project, 'package.json');
    const before = readFileSync(manifest, 'utf8');
    writeFileSync(manifest, before.replace(nodeVersion, '27.0.0'));
    const { code, err } = await run('ends.ts', '0');
    writeFileSync(manifest, before);
    expect(code).toBe(1);
    expect(err).toMatch(/should be Node 27, but "--version" answers: v[\s\S]*What to do:/);
  });
});
