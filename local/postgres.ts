import { randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client, escapeIdentifier } from 'pg';
import { type Child, startChild } from './child-process.ts';
import { freePort } from './free-port.ts';
import { endLeftover, forgetRun, inspect, recordRun } from './leftover.ts';
import { lastLines, newLogFile } from './log-file.ts';
import { type PostgresBinaries, postgresBinaries, type ServerUser } from './postgres-binaries.ts';
import { serverFolder, serverUser } from './postgres-home.ts';

export interface StartPostgres {
  /**
   * Where a persistent server keeps its data, password and run record. Default `.local/postgres`. For root it is under the
   * system's temporary folder if PostgreSQL's user may not enter the checkout.
   */
  readonly folder?: string;
  /** Preferred port. Another one is used if it is taken. Default: chosen by the operating system. */
  readonly port?: number;
  /** Keep the data for the next start. Otherwise `stop()` removes them. */
  readonly persistent: boolean;
  /** Survive a crash of the machine (fsync). Default: the value of `persistent`. */
  readonly durable?: boolean;
  readonly onProgress?: (line: string) => void;
}

export interface LocalPostgres {
  /** Superuser's connection URL of the database `postgres`, password included. */
  readonly adminUrl: string;
  readonly port: number;
  /** The folder of its data. Remove it while the server is stopped to start from scratch. */
  readonly folder: string;
  readonly process: Child;
  url(database: string): string;
  /** @throws Error if it exists already (SQLSTATE 42P04), or if `template` is in use (55006) */
  createDatabase(name: string, template?: string): Promise<void>;
  /** Ends its connections, then drops it. No error if there is none. */
  dropDatabase(name: string): Promise<void>;
  /** Stops the server. Connections are cut; committed data stay. */
  stop(): Promise<void>;
}

const STARTING_MS = 60_000;

/**
 * Starts a real PostgreSQL server on 127.0.0.1: UTF-8, locale C.UTF-8 (the built-in provider, the same on every
 * machine), time zone UTC. A server that an earlier run left behind in the same folder is ended first.
 *
 * @throws Error with the end of the server's log if it does not start
 */
export async function startPostgres(options: StartPostgres): Promise<LocalPostgres> {
  const { persistent, durable = persistent, onProgress = () => {} } = options;
  const user = serverUser(options.folder);
  const folder = serverFolder(options, user);
  const dataFolder = join(folder, 'data');
  const runFile = join(folder, 'running.json');
  const binaries = await postgresBinaries(user);

  await endLeftover(runFile, 'PostgreSQL');
  removeStalePidFile(dataFolder);
  const password = await initialise({ binaries, folder, dataFolder, user, durable, onProgress });

  const logFile = newLogFile('postgres');
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(attempt === 1 ? options.port : undefined);
    const url = (database: string): string =>
      `postgres://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
    const child = await startChild({
      name: 'PostgreSQL',
      command: binaries.postgres,
      args: ['-D', dataFolder, '-p', String(port), ...settings(durable)],
      env: serverEnvironment(),
      cwd: folder,
      logFile,
      // Fast shutdown: cut connections, write a checkpoint, end.
      stopSignal: 'SIGINT',
      graceMs: 20_000,
      ...user,
      ...(persistent ? {} : { removeAfterwards: folder }),
    });
    recordRun(runFile, child.pid);
    const outcome = await waitUntilReady(child, url('postgres'));
    if (outcome === 'ready') return running({ child, port, url, folder, runFile, persistent });
    const log = readFileSync(logFile, 'utf8');
    await child.stop();
    forgetRun(runFile);
    if (attempt < 5 && /could not bind|Address already in use/i.test(log)) continue;
    // Backends of a killed server take a moment to end.
    if (attempt < 5 && /pre-existing shared memory block/i.test(log)) {
      await sleep(1_000);
      continue;
    }
    if (!persistent) rmSync(folder, { recursive: true, force: true });
    throw new Error(
      `PostgreSQL did not start (data in ${folder}). The end of its log, ${logFile}:\n${lastLines(logFile)}\n` +
        'What to do: if the data may go, remove that folder and run the command again.',
    );
  }
}

function running(server: {
  child: Child;
  port: number;
  url: (database: string) => string;
  folder: string;
  runFile: string;
  persistent: boolean;
}): LocalPostgres {
  const { child, port, url, folder, runFile, persistent } = server;
  const adminUrl = url('postgres');
  return {
    adminUrl,
    port,
    folder,
    process: child,
    url,
    async createDatabase(name, template) {
      const from = template === undefined ? '' : ` TEMPLATE ${escapeIdentifier(template)}`;
      await execute(adminUrl, `CREATE DATABASE ${escapeIdentifier(name)}${from}`);
    },
    async dropDatabase(name) {
      await execute(adminUrl, `DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
    },
    async stop() {
      await child.stop();
      forgetRun(runFile);
      if (!persistent) rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function waitUntilReady(child: Child, url: string): Promise<'ready' | 'ended' | 'late'> {
  const until = Date.now() + STARTING_MS;
  while (Date.now() < until) {
    if (!child.running) return 'ended';
    try {
      await execute(url, 'SELECT 1');
      return 'ready';
    } catch {
      await sleep(50);
    }
  }
  return 'late';
}

function settings(durable: boolean): string[] {
  const values = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    // Tests prepare transactions, as applications with several databases do.
    'max_prepared_transactions=20',
    'timezone=UTC',
    'log_timezone=UTC',
    ...(durable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ];
  return values.flatMap((value) => ['-c', value]);
}

/** PGDATA, PGPORT and the like of the user must not affect our server. */
function serverEnvironment(): NodeJS.ProcessEnv {
  const rest = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return { ...Object.fromEntries(rest), LC_ALL: 'C', LANG: 'C', TZ: 'UTC' };
}

/** Removes a pid file whose process id now belongs to another program. PostgreSQL would refuse to start. */
function removeStalePidFile(dataFolder: string): void {
  const file = join(dataFolder, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const found = Number.isInteger(pid) && pid > 0 ? inspect(pid) : undefined;
  if (found?.command.includes(`-D ${dataFolder} `) === true) {
    throw new Error(
      `A PostgreSQL server (process ${pid}) uses ${dataFolder}, and it is not ours to end. Stop it: kill -INT ${pid}`,
    );
  }
  rmSync(file, { force: true });
}

async function initialise(options: {
  binaries: PostgresBinaries;
  folder: string;
  dataFolder: string;
  user: ServerUser | undefined;
  durable: boolean;
  onProgress: (line: string) => void;
}): Promise<string> {
  const { binaries, folder, dataFolder, user, durable, onProgress } = options;
  const passwordFile = join(folder, 'password');
  const finished = join(folder, 'initialised');
  if (existsSync(finished) && existsSync(passwordFile)) return readFileSync(passwordFile, 'utf8').trim();

  onProgress('Creating the PostgreSQL data folder …');
  rmSync(dataFolder, { recursive: true, force: true });
  mkdirSync(dataFolder, { mode: 0o700 });
  const password = randomBytes(18).toString('hex');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== undefined) {
    chownSync(dataFolder, user.uid, user.gid);
    chownSync(passwordFile, user.uid, user.gid);
  }
  const flags = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  try {
    await promisify(execFile)(
      binaries.initdb,
      ['-D', dataFolder, ...flags, ...access, ...(durable ? [] : ['--no-sync'])],
      {
        ...user,
        cwd: folder,
        env: serverEnvironment(),
      },
    );
  } catch (error) {
    const stderr = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new Error(`PostgreSQL's initdb failed in ${dataFolder}:\n${stderr || String(error)}`, { cause: error });
  }
  writeFileSync(finished, '');
  return password;
}
