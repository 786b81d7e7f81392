import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectFolder } from '../local/folders.ts';
import { lastLines, newLogFile } from '../local/log-file.ts';
import { runNpm } from '../local/npm-install.mjs';

const FOLDER = join(projectFolder, 'bench', 'peers');

/**
 * Installs the packages of the other contenders, which users of ems-sync do not need.
 *
 * @throws Error if npm fails.
 */
export async function installPeers(say: (line: string) => void): Promise<void> {
  if (existsSync(join(FOLDER, 'node_modules', '.package-lock.json'))) return;
  say('Installing what ems-sync is compared with (bench/peers, some 35 MB, once) …');
  mkdirSync(join(FOLDER, '.local'), { recursive: true });
  const log = newLogFile('bench-peers');
  const { exit } = await runNpm(FOLDER, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], log);
  if (exit === 0) return;
  throw new Error(
    `npm ci in bench/peers failed (${exit}). The end of its log, ${log}:\n${lastLines(log)}\n` +
      'What to do: run it again where npm reaches its registry, or leave these contenders out: --only ems-sync,loop',
  );
}

/** What a contender works on; see bench/peers/job.mjs. */
export interface PeerJob {
  readonly databaseUrl: string;
  readonly keys: readonly string[];
  readonly inFlight: number;
  readonly target: 'mailchimp' | 'tagserver' | 'none';
  readonly bulk?: boolean;
  readonly url?: string;
  readonly token?: string;
  readonly list?: string;
  readonly temporalAddress: string;
  readonly namespace: string;
}

export interface Peer extends AsyncDisposable {
  readonly pid: number;
  /** @returns seconds. */
  work(): Promise<number>;
  /** May be called again. */
  readonly stop: () => Promise<void>;
}

/** Starts a contender in a process of its own, and waits until it is ready. @throws Error with its last words. */
export async function startPeer(name: string, job: PeerJob): Promise<Peer> {
  const child = spawn(process.execPath, [join(FOLDER, 'run.mjs'), name], {
    cwd: FOLDER,
    env: { ...process.env, BENCH_JOB: JSON.stringify(job) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4_000);
  });
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout });
  const expect = (word: string) =>
    new Promise<void>((resolve, reject) => {
      const read = (line: string) => {
        if (line !== word) return;
        lines.off('line', read);
        resolve();
      };
      lines.on('line', read);
      void exited.then(() => reject(new Error(`${name} ended before it was ${word}. It wrote: ${complaints}`)));
    });
  await expect('ready');
  const stop = async () => {
    child.stdin.end();
    await exited;
  };
  return {
    pid: child.pid ?? 0,
    async work() {
      const startedAt = performance.now();
      const done = expect('done');
      child.stdin.write('go\n');
      await done;
      return (performance.now() - startedAt) / 1_000;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
