import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { projectFolder } from '../local/folders.ts';
import { temporaryFolder } from './local/temporary-folder.ts';
import { unitFiles } from './unit-files.ts';

const project = temporaryFolder();
for (const [file, source] of Object.entries({
  'test/a/pure.test.ts': "import { x } from '../helper.ts'; import { y } from '../../sync/rule.ts';",
  'test/helper.ts': "import type { z } from './a/circle.ts';",
  'test/a/circle.ts': "import { x } from '../helper.ts';",
  'test/b/direct.test.ts': `const url = process.env['TEST_DATABASE_ADMIN_URL'];`,
  'test/b/through.test.ts': "import { x } from './world.ts';",
  'test/b/world.ts': `const { startPostgres } = await import('../../local/postgres.ts');`,
})) {
  mkdirSync(join(project, file, '..'), { recursive: true });
  writeFileSync(join(project, file), source);
}

const run = (...args: string[]) =>
  spawnSync(process.execPath, [join(projectFolder, 'test', 'unit.ts'), ...args], { encoding: 'utf8' });

describe('npm run unit', () => {
  test('takes files by a part of their path, and tells pure ones from those that need servers', () => {
    expect(unitFiles(project, ['test/'])).toEqual({
      pure: ['test/a/pure.test.ts'],
      needServers: new Map([
        ['test/b/direct.test.ts', 'test/b/direct.test.ts'],
        ['test/b/through.test.ts', 'test/b/world.ts'],
      ]),
    });
    expect(unitFiles(project, ['./test/a/pure']).pure).toEqual(['test/a/pure.test.ts']);
    expect(unitFiles(project, ['nothing'])).toEqual({ pure: [], needServers: new Map() });
  });

  test('takes the rules for pure, and a flow for one that needs servers', () => {
    expect(unitFiles(projectFolder, ['test/sync/']).needServers).toEqual(new Map());
    expect(unitFiles(projectFolder, ['test/flows/outbound']).pure).toEqual([]);
  });

  test('runs a pure test, and fails with it', () => {
    const { status, stderr } = run('test/sync/canonical', '-t', 'no such title');
    expect(stderr).toMatch(/Test Suites:.* of 1 total/);
    expect(status).toBe(0);
  });

  test('says how to run a file that needs servers, and what it takes', () => {
    const flow = run('test/clients/cli.test.ts');
    expect(flow.stderr).toMatch(/^test\/clients\/cli\.test\.ts needs servers \(through .*\)\. Run: npm test -- test\//);
    expect(flow.status).toBe(2);
    expect(run().stderr).toContain('Usage: npm run unit -- FILE');
    expect(run('no-such-file')).toMatchObject({ status: 2, stderr: expect.stringContaining('No test file') });
  });
});
