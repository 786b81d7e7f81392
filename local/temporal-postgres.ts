import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from './child-process.ts';
import { projectFolder } from './folders.ts';
import { freeLowPorts, freePort } from './free-port.ts';
import { lastLines, newLogFile } from './log-file.ts';
import type { LocalPostgres } from './postgres.ts';
import { runCommand, within } from './run-command.ts';
import { ensureNamespaces, untilAnswers } from './temporal-namespaces.ts';
import { DATABASES, serverConfig, type ServerPorts, uiConfig } from './temporal-postgres-config.ts';
import type { LocalTemporal } from './temporal-server.ts';
import type { TemporalServerPrograms } from './temporal-server-programs.ts';

export interface StartTemporalOnPostgres {
  /** From `findTemporalServer`. */
  readonly programs: TemporalServerPrograms;
  /** Gets the databases `temporal` and `temporal_visibility`. Existing content is kept. */
  readonly postgres: LocalPostgres;
  /** For the configuration, which contains the database's password. */
  readonly folder: string;
  /** Created at the start if missing. */
  readonly namespaces: readonly string[];
  /** Preferred port of the Web UI. Default: chosen by the operating system. */
  readonly uiPort?: number;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  readonly onProgress?: (line: string) => void;
}

export interface TemporalOnPostgres extends LocalTemporal {
  readonly uiUrl: string;
  readonly uiProcess: Child;
}

/** Also used by docker-compose.yml. */
export const DYNAMIC_CONFIG_FILE = join(projectFolder, 'deploy', 'temporal', 'dynamic-config.yaml');

const SCHEMA_SECONDS = 120;
const STARTING_MS = 120_000;

/** Name of the configuration file, without extension; passed as `--env`. */
const ENV = 'ems-sync';

/**
 * Starts the full Temporal server and its Web UI on 127.0.0.1, with PostgreSQL for persistence and visibility, and
 * waits until every namespace can be used.
 *
 * @throws Error with the end of the log of the program that did not start
 */
export async function startTemporalOnPostgres(options: StartTemporalOnPostgres): Promise<TemporalOnPostgres> {
  const { programs, postgres, folder, namespaces, onProgress = () => {} } = options;
  onProgress("Setting up Temporal's databases …");
  await setUpSchemas(programs.sqlTool, postgres);
  const { child, address } = await startServer(options);
  try {
    await ensureNamespaces(address, namespaces);
    const ui = await startUi({ program: programs.ui, folder, address, port: options.uiPort });
    return {
      address,
      uiUrl: ui.url,
      process: child,
      uiProcess: ui.child,
      async stop() {
        await ui.child.stop();
        await child.stop();
      },
      kill() {
        ui.child.kill();
        child.kill();
      },
    };
  } catch (error) {
    await child.stop();
    throw error;
  }
}

/** The same steps as in the image of Temporal's admin tools. Each leaves existing schemas alone. */
async function setUpSchemas(sqlTool: string, { adminUrl, port }: LocalPostgres): Promise<void> {
  const { username, password } = new URL(adminUrl);
  const env = { ...process.env, SQL_PASSWORD: decodeURIComponent(password) };
  for (const [kind, database] of Object.entries(DATABASES)) {
    const to = ['--plugin', 'postgres12', '--ep', '127.0.0.1', '-p', String(port), '-u', username, '--db', database];
    const schema = `postgresql/v12/${kind === 'default' ? 'temporal' : 'visibility'}`;
    const steps = [['create'], ['setup-schema', '-v', '0.0'], ['update-schema', '--schema-name', schema]];
    for (const step of steps) {
      const result = await runCommand(sqlTool, [...to, ...step], { env, stillGood: within(SCHEMA_SECONDS) });
      if (!result.ok) {
        throw new Error(
          `Temporal's database ${database} could not be set up (${step[0]}, ${result.reason}):\n${result.output}`,
        );
      }
    }
  }
}

async function startServer(options: StartTemporalOnPostgres): Promise<{ child: Child; address: string }> {
  const { programs, postgres, folder, logLevel = 'warn' } = options;
  const { username: user, password } = new URL(postgres.adminUrl);
  const configFolder = join(folder, 'temporal');
  const logFile = newLogFile('temporal');
  for (let attempt = 1; ; attempt += 1) {
    const ports = await serverPorts();
    const config = serverConfig({
      ports,
      postgres: { port: postgres.port, user, password: decodeURIComponent(password) },
      dynamicConfigFile: DYNAMIC_CONFIG_FILE,
      logLevel,
    });
    writeConfig(configFolder, config);
    const child = await startChild({
      name: 'Temporal',
      command: programs.server,
      args: ['--root', configFolder, '--config', '.', '--env', ENV, '--allow-no-auth', 'start'],
      env: plainEnvironment(),
      cwd: configFolder,
      logFile,
      graceMs: 20_000,
    });
    const address = `127.0.0.1:${ports.frontend}`;
    const problem = await untilAnswers(child, address, STARTING_MS);
    if (problem === undefined) return { child, address };
    await child.stop();
    if (attempt < 5 && /address already in use/i.test(readFileSync(logFile, 'utf8'))) continue;
    throw new Error(
      `The Temporal server did not start: ${problem}. The end of its log, ${logFile}:\n${lastLines(logFile)}`,
    );
  }
}

async function serverPorts(): Promise<ServerPorts> {
  const [frontend = 0, frontendHttp = 0, history = 0, matching = 0, worker = 0, a = 0, b = 0, c = 0, d = 0] =
    await freeLowPorts(9);
  return { frontend, frontendHttp, history, matching, worker, membership: [a, b, c, d] };
}

async function startUi(options: {
  readonly program: string;
  readonly folder: string;
  readonly address: string;
  readonly port: number | undefined;
}): Promise<{ child: Child; url: string }> {
  const configFolder = join(options.folder, 'temporal-ui');
  const logFile = newLogFile('temporal-ui');
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(attempt === 1 ? options.port : undefined);
    const url = `http://127.0.0.1:${port}`;
    writeConfig(configFolder, uiConfig(port, options.address));
    const child = await startChild({
      name: "Temporal's Web UI",
      command: options.program,
      args: ['--root', configFolder, '--config', '.', '--env', ENV, 'start'],
      env: plainEnvironment(),
      cwd: configFolder,
      logFile,
    });
    if (await shows(child, url)) return { child, url };
    await child.stop();
    if (attempt < 5 && /address already in use/i.test(readFileSync(logFile, 'utf8'))) continue;
    throw new Error(`Temporal's Web UI did not start. The end of its log, ${logFile}:\n${lastLines(logFile)}`);
  }
}

async function shows(child: Child, url: string): Promise<boolean> {
  const until = Date.now() + STARTING_MS;
  while (child.running && Date.now() < until) {
    try {
      if ((await fetch(`${url}/healthz`)).ok) return child.running;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return false;
}

/** JSON is valid YAML. */
function writeConfig(folder: string, config: object): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, `${ENV}.yaml`), JSON.stringify(config, null, 2), { mode: 0o600 });
}

/** Settings of the user for other Temporal servers must not affect ours. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}
