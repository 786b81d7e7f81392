import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { validate } from 'dockerfile-utils';
import { projectFolder } from '../../local/folders.ts';

const read = (file: string): string => readFileSync(join(projectFolder, file), 'utf8');
const dockerfile = read('Dockerfile');
const stages = dockerfile.split(/^FROM /m).slice(1);
const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, Installed> };

const DIGEST = /@sha256:[0-9a-f]{64}$/;

interface Installed {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

describe('the image', () => {
  test('has a Dockerfile that Docker takes without a warning', () => {
    expect(validate(dockerfile)).toEqual([]);
    expect(validate(dockerfile.replace('WORKDIR /app', 'WORKDIR app'))).not.toEqual([]);
  });

  test('is of the Node that we are tested with', () => {
    const version = lock.packages['node_modules/node']?.version;
    const names = stages.map((stage) => / AS (\S+)\n/.exec(stage)?.[1]);
    const bases = stages.map((stage) => stage.split(' ')[0]).filter((base) => !names.includes(base));
    for (const base of bases) expect(base?.replace(DIGEST, '')).toBe(`node:${version}-slim`);
    expect(new Set(bases).size).toBe(1);
  });

  test('has production packages alone, and no package manager', () => {
    const [dependencies] = stages.filter((stage) => stage.includes(' AS dependencies\n'));
    expect(dependencies).toContain('npm ci --omit=dev\n');
    const runtime = stages.at(-1) ?? '';
    expect(runtime.match(/^COPY .*$/gm)).toEqual(['COPY --from=dependencies /app/node_modules node_modules']);
    const [base = ''] = stages.filter((stage) => stage.includes(' AS base\n'));
    expect(base).toMatch(/^RUN rm -rf \/usr\/local\/lib\/node_modules .*\/usr\/local\/bin\/npm /m);
    for (const path of ['test', 'simulators', 'demo', 'bench', 'local']) expect(base).not.toContain(`COPY ${path} `);
  });

  test('does not run as root, in the stages that are run', () => {
    const [base] = stages.filter((stage) => stage.includes(' AS base\n'));
    expect(base?.match(/^USER .+$/gm)).toEqual(['USER node']);
    for (const name of ['demo', 'runtime']) {
      const [stage] = stages.filter((one) => one.includes(` AS ${name}\n`));
      expect(stage).toMatch(/^base AS /);
      expect(stage).not.toMatch(/^USER/m);
    }
    expect(stages.at(-1)).toMatch(/^base AS runtime\n/);
  });

  test('gets every file that it copies, and .dockerignore leaves out all else', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) =>
      paths.split(' '),
    );
    expect(copied).toContain('workers');
    for (const path of copied) expect(existsSync(join(projectFolder, path))).toBe(true);
    const [everything, ...rest] = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(everything).toBe('*');
    expect(rest.filter((line) => line.startsWith('!')).map((line) => line.slice(1))).toEqual(
      expect.arrayContaining(copied),
    );
    expect(rest.filter((line) => line.startsWith('!') && !copied.includes(line.slice(1)))).toEqual([]);
  });
});

test('the lock file names every package of every kind of machine, or npm ci would refuse it', () => {
  const missing = Object.entries(lock.packages).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !isInstalled(path, name))
      .map((name) => `${name} of ${path}`),
  );
  expect(missing).toEqual([]);
});

/** Whether a package at `path` finds `name` in its own node_modules folder or in one above. */
function isInstalled(path: string, name: string): boolean {
  if (`${path === '' ? '' : `${path}/`}node_modules/${name}` in lock.packages) return true;
  if (path === '') return false;
  const above = path.lastIndexOf('/node_modules/');
  return isInstalled(above === -1 ? '' : path.slice(0, above), name);
}
