import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { type Child, startChild } from './child-process.ts';
import { freePort } from './free-port.ts';
import { endLeftover, forgetRun, recordRun } from './leftover.ts';
import { lastLines, newLogFile } from './log-file.ts';

export interface StartTemporal {
  /** Path of the Temporal CLI, from `findTemporalCli`. */
  readonly cli: string;
  /** SQLite file that keeps everything between starts. Without it everything is in memory. */
  readonly dbFile?: string;
  /** Created at the start if missing. `default` always exists. */
  readonly namespaces: readonly string[];
  /** Preferred port of the gRPC front end. Another one is used if it is taken. Default: chosen by the operating system. */
  readonly port?: number;
  /** Preferred port of the Web UI. Default: chosen by the operating system. */
  readonly uiPort?: number;
  /** False starts without Web UI. Default true. */
  readonly ui?: boolean;
  /** Added to ours; values are JSON, e.g. `{ 'frontend.namespaceRPS': 5000 }`. */
  readonly dynamicConfig?: Readonly<Record<string, unknown>>;
  /** Variables for the server besides ours, e.g. those of Go's runtime. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  readonly onProgress?: (line: string) => void;
}

export interface LocalTemporal {
  /** `127.0.0.1:PORT` of the gRPC front end. */
  readonly address: string;
  /** Undefined if started without Web UI. */
  readonly uiUrl: string | undefined;
  readonly process: Child;
  stop(): Promise<void>;
  /** SIGKILL, like a crash. What was committed to `dbFile` stays. */
  kill(): void;
}

const STARTING_MS = 60_000;

/** Priority and fairness of task queues are off by default on server 1.29. */
const DYNAMIC_CONFIG = { 'matching.useNewMatcher': true, 'matching.enableFairness': true };

/**
 * Starts Temporal's development server on 127.0.0.1 and waits until every namespace answers. A server that an earlier
 * run left behind on the same `dbFile` is ended first.
 *
 * @throws Error with the end of the server's log if it does not start
 */
export async function startTemporal(options: StartTemporal): Promise<LocalTemporal> {
  const { dbFile, ui = true } = options;
  const runFile = dbFile === undefined ? undefined : `${dbFile}.running.json`;
  if (dbFile !== undefined && runFile !== undefined) {
    mkdirSync(dirname(dbFile), { recursive: true });
    await endLeftover(runFile, 'Temporal');
    if (!existsSync(dbFile)) options.onProgress?.('Creating the Temporal database …');
  }
  const logFile = newLogFile('temporal');
  for (let attempt = 1; ; attempt += 1) {
    const first = attempt === 1;
    const port = await freePort(first ? options.port : undefined);
    const uiPort = ui ? await differentPort(port, first ? options.uiPort : undefined) : undefined;
    const address = `127.0.0.1:${port}`;
    const child = await startChild({
      name: 'Temporal',
      command: options.cli,
      args: serverArguments(options, port, uiPort),
      env: { ...serverEnvironment(), ...options.environment },
      logFile,
      graceMs: 10_000,
    });
    if (runFile !== undefined) recordRun(runFile, child.pid);
    const stop = async (): Promise<void> => {
      await child.stop();
      if (runFile !== undefined) forgetRun(runFile);
    };
    const problem = await waitUntilServing(child, address, ['default', ...options.namespaces]);
    if (problem === undefined) {
      const uiUrl = uiPort === undefined ? undefined : `http://127.0.0.1:${uiPort}`;
      return { address, uiUrl, process: child, stop, kill: () => child.kill() };
    }
    await stop();
    if (
      attempt < 5 &&
      /address already in use|can't set up .* port|port .* in use/i.test(readFileSync(logFile, 'utf8'))
    )
      continue;
    throw new Error(
      `The Temporal server did not start: ${problem}. The end of its log, ${logFile}:\n${lastLines(logFile)}` +
        (dbFile === undefined
          ? ''
          : `\nWhat to do: if its histories may go, remove ${dbFile}* and run the command again.`),
    );
  }
}

function serverArguments(options: StartTemporal, port: number, uiPort: number | undefined): string[] {
  const { dbFile, namespaces, logLevel = 'warn' } = options;
  const config = Object.entries({ ...DYNAMIC_CONFIG, ...options.dynamicConfig });
  return [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    ...(uiPort === undefined ? ['--headless'] : ['--ui-port', String(uiPort)]),
    ...namespaces.filter((name) => name !== 'default').flatMap((name) => ['--namespace', name]),
    ...config.flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${JSON.stringify(value)}`]),
    // Survives SIGKILL and is three times as fast as SQLite's defaults.
    ...(dbFile === undefined ? [] : ['--db-filename', dbFile]),
    ...(dbFile === undefined ? [] : ['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL']),
    '--log-level',
    logLevel,
  ];
}

/** TEMPORAL_ADDRESS or profiles of the user must not affect our server. */
function serverEnvironment(): NodeJS.ProcessEnv {
  const rest = Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  return { ...Object.fromEntries(rest), TEMPORAL_VERSION_CHECK_DISABLED: '1' };
}

async function differentPort(other: number, preferred: number | undefined): Promise<number> {
  const port = await freePort(preferred);
  return port === other ? differentPort(other, undefined) : port;
}

/** Undefined when it serves, else the problem. */
async function waitUntilServing(
  child: Child,
  address: string,
  namespaces: readonly string[],
): Promise<string | undefined> {
  const until = Date.now() + STARTING_MS;
  let last = 'no answer';
  while (Date.now() < until) {
    if (!child.running) return 'it ended by itself';
    try {
      await describeNamespaces(address, namespaces);
      return undefined;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
      await sleep(100);
    }
  }
  return `not serving after ${STARTING_MS / 1000} s (${last})`;
}

async function describeNamespaces(address: string, namespaces: readonly string[]): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    for (const namespace of namespaces) await connection.workflowService.describeNamespace({ namespace });
  } finally {
    await connection.close();
  }
}
