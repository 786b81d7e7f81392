import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { projectFolder } from '../../local/folders.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
}
interface Job {
  readonly 'timeout-minutes'?: number;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const read = (path: string): string => readFileSync(join(projectFolder, path), 'utf8');
const workflow = parse(read('.github/workflows/ci.yml')) as Workflow;
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
const commands = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
const scriptsIn = (text: string): string[] =>
  [...text.matchAll(/npm (?:run (?:--silent )?([\w:]+)|(test|start)\b)/g)].map(([, name, own]) => name ?? own ?? '');

describe('the hosted CI file', () => {
  test('has jobs for lint, tests, chaos, audit and SBOM, each with a limit', () => {
    expect(Object.keys(workflow.jobs)).toEqual(['lint', 'test', 'chaos', 'audit', 'sbom']);
    for (const job of Object.values(workflow.jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0);
    expect(workflow.permissions).toEqual({ contents: 'read' });
  });

  test('runs the checks and tests that CONTRIBUTING and README name, as they stand there', () => {
    expect(commands).toEqual(
      expect.arrayContaining(['npm run setup', 'npm run typecheck', 'npm run lint', '.ci/run', 'npm run audit']),
    );
    accessSync(join(projectFolder, '.ci', 'run'), constants.X_OK);
    expect(scriptsIn(read('.ci/run'))).toEqual(expect.arrayContaining(['test', 'test:java']));
    expect(read('README.md')).toContain('npm test\n');
    for (const name of ['setup', 'test', 'unit', 'audit', 'sbom'])
      expect(scriptsIn(read('CONTRIBUTING.md'))).toContain(name);
  });

  test.each(['.github/workflows/ci.yml', '.ci/run', 'README.md', 'CONTRIBUTING.md'])(
    'npm scripts that %s runs are there',
    (file) => {
      const named = scriptsIn(read(file));
      expect(named.length).toBeGreaterThan(0);
      expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    },
  );

  test('uses actions pinned by commit, with the release in a comment', () => {
    const used = [...read('.github/workflows/ci.yml').matchAll(/uses: *(.*)$/gm)].map(([, text = '']) => text);
    expect(used).toHaveLength(steps.filter(({ uses }) => uses !== undefined).length);
    for (const text of used) expect(text).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });
});

test('npm run sbom prints a CycloneDX list that tells what runs in production from the tools', () => {
  const [npm = '', ...args] = (scripts['sbom'] ?? '').split(' ');
  const { stdout, status } = spawnSync(npm, args, { cwd: projectFolder, encoding: 'utf8', maxBuffer: 2 ** 26 });
  expect(status).toBe(0);
  const sbom = JSON.parse(stdout) as {
    bomFormat: string;
    components: { name: string; version: string; scope: string }[];
  };
  expect(sbom.bomFormat).toBe('CycloneDX');
  // A tool may bring another version of the same package along: what counts is the version that our own code imports.
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version?: string }> };
  const scopeOf = (wanted: string) =>
    sbom.components.find(
      ({ name, version }) => name === wanted && version === packages[`node_modules/${wanted}`]?.version,
    )?.scope;
  // `npm --omit dev` would also drop packages that tools need too, such as pg.
  for (const name of ['zod', 'pg', 'commander', 'got']) expect([name, scopeOf(name)]).toEqual([name, 'required']);
  for (const name of ['typescript', 'jest']) expect([name, scopeOf(name)]).toEqual([name, 'optional']);
});

describe('npm run audit', () => {
  const folder = temporaryFolder();
  const auditWith = (name: string, script: string) => {
    const bin = join(folder, name);
    mkdirSync(bin);
    writeFileSync(join(bin, 'npm'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, 'npm'), 0o755);
    const PATH = [bin, process.env['PATH']].join(delimiter);
    return spawnSync(process.execPath, [join(projectFolder, 'local', 'audit.mjs')], {
      encoding: 'utf8',
      env: { ...process.env, PATH },
    });
  };
  const report = '\'{"metadata":{"vulnerabilities":{"total":0}}}\'';
  const both = (code: number) => `case "$*" in *--json) echo ${report};; *) echo "asked: $*"; exit ${code};; esac`;

  test('shows npm’s report, and ends with its exit code', () => {
    expect(auditWith('clean', both(0))).toMatchObject({ status: 0, stdout: 'asked: audit --omit dev\n' });
    expect(auditWith('vulnerable', both(1))).toMatchObject({ status: 1, stdout: 'asked: audit --omit dev\n' });
  });

  test('says that nothing was audited where the registry does not answer', () => {
    const { status, stderr } = auditWith('offline', 'echo \'{"message":"getaddrinfo ENOTFOUND"}\'; exit 1');
    expect(stderr).toMatch(/^Nothing was audited: getaddrinfo ENOTFOUND\.\n.*Offline/s);
    expect(status).toBe(2);
  });
});
