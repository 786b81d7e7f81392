import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { projectFolder } from '../../local/folders.ts';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();
const { refusedLicences } = (await import(join(projectFolder, 'local', 'licences.mjs'))) as {
  refusedLicences: (lock: unknown) => { path: string; licence: string }[];
};
const { secretsIn } = (await import(join(projectFolder, 'local', 'secret-scan.mjs'))) as {
  secretsIn: (text: string) => { what: string; line: number }[];
};

const run = (script: string, args: readonly string[] = [], env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [join(projectFolder, 'local', script), ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });

describe('npm run licences', () => {
  test('finds nothing in this lock file', () => {
    expect(run('licences.mjs')).toMatchObject({ status: 0, stderr: '' });
  });

  test('refuses a licence that asks for more, one that is not given, and a half of a combination', () => {
    const packages = {
      '': {},
      'node_modules/gpl': { license: 'GPL-3.0-only' },
      'node_modules/none': {},
      'node_modules/both': { license: 'MIT AND SSPL-1.0' },
      'node_modules/either': { license: '(MIT OR GPL-2.0)' },
      'node_modules/tool': { license: 'GPL-3.0-only', dev: true },
    };
    expect(refusedLicences({ packages }).map(({ path }) => path)).toEqual([
      'node_modules/gpl',
      'node_modules/none',
      'node_modules/both',
    ]);
  });
});

describe('npm run secrets', () => {
  test('finds nothing in this project', () => {
    const { status, stdout, stderr } = run('secret-scan.mjs');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(Number(/no credential in (\d+) files/.exec(stdout)?.[1])).toBeGreaterThan(500);
  });

  const random = 'Zk3' + 'qP9xW2'.repeat(6);
  test.each([
    ['a private key', `-----BEGIN RSA PRIVATE KEY-----\n${random}`],
    ['an access key of AWS', `AKIA${'Q7'.repeat(8)}`],
    ['a token of GitHub', `ghp_${random.slice(0, 36)}`],
    ['a token of npm', `npm_${random.slice(0, 36)}`],
    ['a token of Slack', `xoxb-${random.slice(0, 30)}`],
    ['a JSON Web Token', `eyJ${random}.eyJ${random}.${random}`],
    ['a key of MailChimp', `${'9f3a71c2'.repeat(4)}-us21`],
  ])('finds %s, with its line', (what, secret) => {
    expect(secretsIn(`first\n${secret}\nlast`)).toEqual([{ what, line: 2 }]);
  });
});

describe('npm run images', () => {
  const digest = `sha256:${'ab'.repeat(32)}`;

  test('adds to each image the digest that the registry gives, and then finds nothing to do', () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'docker'), `#!/bin/sh\necho ${digest}\n`);
    chmodSync(join(bin, 'docker'), 0o755);
    for (const file of ['Dockerfile', 'docker-compose.yml'])
      copyFileSync(join(projectFolder, file), join(folder, file));
    const env = { PIN_IMAGES_IN: folder, PATH: [bin, process.env['PATH']].join(delimiter) };
    expect(run('pin-images.mjs', [], env).status).toBe(0);
    expect(run('pin-images.mjs', ['--check'], env)).toMatchObject({ status: 0, stderr: '' });
    const compose = readFileSync(join(folder, 'docker-compose.yml'), 'utf8');
    const images = [...compose.matchAll(/^ +image: (.*)$/gm)].map(([, image = '']) => image);
    expect(images.length).toBeGreaterThan(5);
    for (const image of images) expect(image).toMatch(/:[\w.-]+@sha256:[0-9a-f]{64}$/);
    expect(readFileSync(join(folder, 'Dockerfile'), 'utf8')).toMatch(
      new RegExp(`^FROM node:\\S+-slim@${digest} AS base$`, 'm'),
    );
  });

  test('says which image got none, and ends with 1', () => {
    const { status, stderr } = run('pin-images.mjs', [], { PIN_IMAGES_IN: folder, PATH: join(folder, 'nothing') });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    writeFileSync(join(folder, 'Dockerfile'), 'FROM node:1.2.3-slim AS base\n');
    const failed = run('pin-images.mjs', [], { PIN_IMAGES_IN: folder, PATH: join(folder, 'nothing') });
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain('node:1.2.3-slim: ');
    expect(run('pin-images.mjs', ['--check'], { PIN_IMAGES_IN: folder }).stderr).toContain('has no digest');
  });
});
