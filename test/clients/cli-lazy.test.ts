import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { projectFolder } from '../../local/folders.ts';

/** Writes the URL of every loaded module to standard error, one per line. */
const TRACE = `
  import { registerHooks } from 'node:module';
  import { writeSync } from 'node:fs';
  registerHooks({ load(url, context, next) { writeSync(2, 'loads ' + url + '\\n'); return next(url, context); } });`;

const LAUNCHER = join(projectFolder, 'clients', 'ems-sync.mjs');

/** The files that `ems-sync` loads for these arguments, relative to the project's folder. */
function loadedBy(...args: string[]): { readonly files: string[]; readonly code: number | null } {
  const trace = `data:text/javascript,${encodeURIComponent(TRACE)}`;
  const { stderr, status } = spawnSync(process.execPath, ['--import', trace, LAUNCHER, ...args], {
    cwd: tmpdir(),
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  const urls = [...stderr.matchAll(/^loads (file:.*)$/gm)].map(([, url = '']) => fileURLToPath(url));
  return { files: urls.map((file) => file.slice(projectFolder.length + 1)), code: status };
}

describe('ems-sync loads nothing but its usage', () => {
  test.each([
    [0, ['--help']],
    [0, ['--version']],
    [0, ['sync', '--help']],
    [0, ['help', 'conflicts']],
    [2, []],
    [2, ['stauts']],
    [2, ['status', '--jsn']],
    [2, ['sync', 'TAGSERVER']],
    [2, ['sync', 'TAGSERFER', 'Person', '1']],
    [2, ['sync', 'TAGSERVER', 'Person', '1a']],
    [2, ['conflicts', 'list', '--process', 'FOO']],
    [2, ['sweep', 'TAGSERVER', 'outbound', '--timeout', 'soon']],
  ])('exit code %i: %j', (exitCode, args) => {
    const { files, code } = loadedBy(...args);
    expect(code).toBe(exitCode);
    const packages = files.filter((file) => file.startsWith('node_modules/'));
    expect(packages.filter((file) => !file.startsWith('node_modules/commander/'))).toEqual([]);
    expect(files.filter((file) => !packages.includes(file)).toSorted()).toEqual([
      'clients/cli/arguments.ts',
      'clients/cli/command-error.ts',
      'clients/cli/failing-command.ts',
      'clients/cli/main.ts',
      'clients/cli/more-commands.ts',
      'clients/cli/plan-commands.ts',
      'clients/cli/program.ts',
      'clients/ems-sync.mjs',
      'clients/plain-name.ts',
      'clients/visible-text.ts',
      'sync/sync-process-name.ts',
    ]);
  });

  test('whereas a command loads what it needs', () => {
    const { files } = loadedBy('why', 'Horse', '1');
    expect(files).toContain('clients/cli/why.ts');
    expect(files).not.toContain('clients/cli/sweep.ts');
  });
});

test('--version prints the version of package.json', () => {
  const manifest = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { version: string };
  const { stdout, status } = spawnSync(process.execPath, [LAUNCHER, '--version'], { encoding: 'utf8' });
  expect({ stdout, status }).toEqual({ stdout: `${manifest.version}\n`, status: 0 });
});

test('the launcher runs the command line itself only on the major version of Node that package.json names', () => {
  const manifest = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as {
    devDependencies: { node: string };
  };
  const major = manifest.devDependencies.node.split('.')[0];
  expect(readFileSync(LAUNCHER, 'utf8')).toContain(`const MAJOR = ${major};`);
});
