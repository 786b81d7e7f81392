import { mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { goInstall } from './go-install.ts';
import { withLock } from './lock.mjs';
import { cacheFolder, DRAFT_PREFIX, findOnPath, lastLine, removeDrafts } from './program-cache.ts';
import { runCommand, within } from './run-command.ts';

/** The versions of docker-compose.yml's images. A test compares them. */
export const TEMPORAL_SERVER_VERSION = '1.29.1';
export const TEMPORAL_UI_VERSION = '2.42.1';

export interface TemporalServerPrograms {
  readonly server: string;
  /** Creates databases and schemas. */
  readonly sqlTool: string;
  readonly ui: string;
}

/** The server was not found. The message says what was tried, why it failed, and what to do. */
export class TemporalServerNotFoundError extends Error {
  readonly code = 'TEMPORAL_SERVER_NOT_FOUND';
}

export interface FindTemporalServer {
  readonly onProgress?: (line: string) => void;
  /** Default: this process's. PATH, XDG_CACHE_HOME and HOME are read. */
  readonly env?: NodeJS.ProcessEnv;
}

interface Program {
  /** The name in Temporal's releases and images. */
  readonly name: string;
  readonly version: string;
  readonly goPackage: string;
  /** The name that `go install` gives it. */
  readonly built: string;
}

const server: Program = {
  name: 'temporal-server',
  version: TEMPORAL_SERVER_VERSION,
  goPackage: `go.temporal.io/server/cmd/server@v${TEMPORAL_SERVER_VERSION}`,
  built: 'server',
};
const sqlTool: Program = {
  name: 'temporal-sql-tool',
  version: TEMPORAL_SERVER_VERSION,
  goPackage: `go.temporal.io/server/cmd/tools/sql@v${TEMPORAL_SERVER_VERSION}`,
  built: 'sql',
};
const ui: Program = {
  name: 'ui-server',
  version: TEMPORAL_UI_VERSION,
  goPackage: `github.com/temporalio/ui-server/v2/cmd/server@v${TEMPORAL_UI_VERSION}`,
  built: 'server',
};

/**
 * The Temporal server, its SQL tool and its Web UI: each from the PATH if it has our version, else from our cache. What is
 * missing there is built with Go, once per user.
 *
 * @throws TemporalServerNotFoundError
 */
export async function findTemporalServer(options: FindTemporalServer = {}): Promise<TemporalServerPrograms> {
  const { onProgress = () => {}, env = process.env } = options;
  const folder = cacheFolder('temporal-server', env);
  if (typeof folder !== 'string') {
    throw new TemporalServerNotFoundError(
      `${folder.problem}, so there is no place for the Temporal server. Make one of them writable.`,
    );
  }
  const find = (program: Program) => findOne(program, { folder, env, onProgress });
  return { server: await find(server), sqlTool: await find(sqlTool), ui: await find(ui) };
}

interface Finding {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (line: string) => void;
}

async function findOne(program: Program, { folder, env, onProgress }: Finding): Promise<string> {
  const failures: string[] = [];
  const onPath = findOnPath(program.name, env);
  if (onPath === undefined) failures.push(`PATH: no program named ${program.name}`);
  else {
    const problem = await problemWith(onPath, program);
    if (problem === undefined) return onPath;
    failures.push(`PATH: ${onPath} ${problem}`);
  }

  const cached = join(folder, `${program.name}-${program.version}`);
  const cacheProblem = await problemWith(cached, program);
  if (cacheProblem === undefined) return cached;
  failures.push(`cache: ${cached} ${cacheProblem}`);

  const onWait = (holder: string) => onProgress(`${program.name} is being built by ${holder}; waiting for it …`);
  return withLock(
    join(folder, 'temporal-server.lock'),
    async () => {
      if ((await problemWith(cached, program)) === undefined) return cached;
      removeDrafts(folder);
      const problem = await build(program, cached, { folder, env, onProgress });
      if (problem === undefined) return cached;
      failures.push(`go install: ${problem}`);
      throw new TemporalServerNotFoundError(notFound(program, failures));
    },
    { onWait },
  );
}

/** Undefined when it is in the cache, else the problem. Only a program that has run is moved into the cache. */
async function build(program: Program, cached: string, finding: Finding): Promise<string | undefined> {
  const draft = mkdtempSync(join(finding.folder, DRAFT_PREFIX));
  try {
    const title = `Building ${program.name} ${program.version} with Go (minutes, once)`;
    const failure = await goInstall({ ...finding, title, packages: [program.goPackage], into: draft });
    if (failure !== undefined) return failure;
    const file = join(draft, program.built);
    const problem = await problemWith(file, program);
    if (problem !== undefined) return `what it brought ${problem}`;
    renameSync(file, cached);
    return undefined;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Undefined if the program runs and has our version. Schema and server must match. */
async function problemWith(path: string, { name, version }: Program): Promise<string | undefined> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return 'is not there';
  const result = await runCommand(path, ['--version'], { stillGood: within(20) });
  if (!result.ok) return `does not run (${result.reason})`;
  const found = /(\d+\.\d+\.\d+)/.exec(result.output)?.[1];
  if (found === version) return undefined;
  return found === undefined
    ? `is not ${name} (--version says: ${lastLine(result.output)})`
    : `is version ${found}, not ${version}`;
}

function notFound({ name, version }: Program, failures: readonly string[]): string {
  return [
    `The Temporal server on PostgreSQL needs ${name} ${version}, which was not found. What was tried, in this order:`,
    ...failures.map((line) => `  - ${line}`),
    'What to do, one of:',
    '  - install Go (1.24 or newer), connect to the internet and run the command again (it is built once, in a few minutes)',
    `  - put ${name} ${version} of Temporal's releases on the PATH`,
    "  - leave out --temporal postgres: Temporal's development server needs none of this",
  ].join('\n');
}
