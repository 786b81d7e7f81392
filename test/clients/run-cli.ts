import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { workflowBundleFile } from '../flows/workflow-bundle.ts';

const fileOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The surrounding environment must not affect the programs under test. */
function environment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
  return { PATH, HOME, ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }), ...settings };
}

/** Runs `ems-sync` to its end with only these settings, in a folder without `.env`. */
export async function runCli(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
  program = 'clients/cli/main.ts',
): Promise<CliRun> {
  const child = spawn(process.execPath, [fileOf(program), ...args], {
    env: environment(settings),
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** On a busy machine programs take long to start. One that fails ends sooner. */
const READY_WITHIN_MS = 300_000;

/** Starts the workers with these settings, and waits until they are ready. */
export async function startWorkers(settings: Readonly<Record<string, string>>): Promise<{ stop(): Promise<void> }> {
  const child = spawn(process.execPath, [fileOf('workers/main.ts')], {
    // The helper waits for a log line of level info.
    env: environment({ ...settings, LOG_LEVEL: 'info', WORKFLOW_BUNDLE: await workflowBundleFile() }),
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await untilReady(child);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    async stop() {
      const gone = once(child, 'exit');
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await gone;
    },
  };
}

async function untilReady(child: ChildProcess): Promise<void> {
  let log = '';
  await new Promise<void>((resolve, reject) => {
    const late = `the workers were not ready after ${READY_WITHIN_MS / 1_000} s`;
    setTimeout(() => reject(new Error(`${late}: ${log}`)), READY_WITHIN_MS).unref();
    child.once('exit', (code) => reject(new Error(`the workers ended with ${code}: ${log}`)));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-10_000);
      if (text.includes('workers are ready')) resolve();
    });
  });
}
