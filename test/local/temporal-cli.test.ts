import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { findTemporalCli, TemporalCliNotFoundError } from '../../local/temporal-cli.ts';
import { temporaryFolder } from './temporary-folder.ts';

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

let home: string;
let count = 0;
let env: NodeJS.ProcessEnv;
let cached: string;
beforeEach(() => {
  count += 1;
  home = join(root, `home ${count}`);
  cached = join(home, 'cache', 'ems-sync', 'temporal-cli', 'temporal');
  env = { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), PATH: `${join(home, 'bin')}:${systemPath}` };
});

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

  test('Go when the download fails', async () => {
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
  expect(message).toContain('go install: exit code 1: go: cannot reach the proxy');
  expect(message).toMatch(/What to do, one of:\n.*internet/);
});
