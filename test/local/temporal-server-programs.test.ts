import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { findTemporalServer, TemporalServerNotFoundError } from '../../local/temporal-server-programs.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = temporaryFolder();
const systemPath = '/usr/bin:/bin';

/** Named as in the cache. */
const PROGRAMS = ['temporal-server-1.29.1', 'temporal-sql-tool-1.29.1', 'ui-server-2.42.1'];

function program(path: string, script: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A fake `go install` that builds a program which reports the requested version (or another). */
const goThatBuilds = (version = '${1##*@v}') => `
shift
case "$1" in */sql@*) name=sql ;; *) name=server ;; esac
echo "$1" >> "$HOME/built"
printf '#!/bin/sh\\necho version %s\\n' "${version}" > "$GOBIN/$name"
chmod +x "$GOBIN/$name"`;

let home: string;
let count = 0;
let env: NodeJS.ProcessEnv;
let cache: string;
beforeEach(() => {
  count += 1;
  home = join(root, `home ${count}`);
  cache = join(home, 'cache', 'ems-sync', 'temporal-server');
  env = { HOME: home, XDG_CACHE_HOME: join(home, 'cache'), PATH: `${join(home, 'bin')}:${systemPath}` };
});

describe('the Temporal server, its SQL tool and its Web UI', () => {
  test('are built with Go, once, and nothing half-made stays in the cache', async () => {
    program(join(home, 'bin', 'go'), goThatBuilds());
    const found = await findTemporalServer({ env });
    expect(Object.values(found)).toEqual(PROGRAMS.map((name) => join(cache, name)));
    expect(readdirSync(cache).toSorted()).toEqual(PROGRAMS);
    program(join(home, 'bin', 'go'), 'exit 1');
    expect(await findTemporalServer({ env })).toEqual(found);
  });

  test('are taken from the PATH where they are of our version, and only there', async () => {
    program(join(home, 'bin', 'go'), goThatBuilds());
    const own = program(join(home, 'bin', 'temporal-sql-tool'), 'echo temporal-sql-tool version 1.29.1');
    program(join(home, 'bin', 'temporal-server'), 'echo temporal version 1.31.0');
    const { server, sqlTool } = await findTemporalServer({ env });
    expect(sqlTool).toBe(own);
    expect(server).toBe(join(cache, 'temporal-server-1.29.1'));
  });
});

async function failure(): Promise<string> {
  const error = await findTemporalServer({ env }).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TemporalServerNotFoundError);
  return (error as Error).message;
}

describe('what cannot be had is named, with what was tried, why it failed and what to do', () => {
  test('without Go', async () => {
    const message = await failure();
    expect(message).toContain('needs temporal-server 1.29.1, which was not found');
    expect(message).toContain('PATH: no program named temporal-server');
    expect(message).toContain(`cache: ${join(cache, 'temporal-server-1.29.1')} is not there`);
    expect(message).toContain('go install: Go is not installed (no program named go on the PATH)');
    expect(message).toMatch(/What to do, one of:\n.*install Go \(1\.24 or newer\)/);
    expect(message).toContain('leave out --temporal postgres');
  });

  test('with a Go that cannot reach its modules', async () => {
    program(join(home, 'bin', 'go'), 'echo "go: cannot reach the proxy" >&2; exit 1');
    expect(await failure()).toContain('go install: exit code 1: go: cannot reach the proxy');
    expect(readdirSync(cache)).toEqual([]);
  });

  test('with a build of another version', async () => {
    program(join(home, 'bin', 'go'), goThatBuilds('1.28.0'));
    expect(await failure()).toContain('go install: what it brought is version 1.28.0, not 1.29.1');
  });
});
