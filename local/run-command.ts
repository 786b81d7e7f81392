import { spawn } from 'node:child_process';
import { watchFor } from './orphan-watch.ts';

export interface CommandResult {
  readonly ok: boolean;
  /** Output and errors together, the last 64 kB of it. */
  readonly output: string;
  /** Why it failed, in one line: the start error, the time-out, the signal or the exit code. */
  readonly reason: string;
}

export interface RunCommand {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called every second. If it returns a reason, the program is killed. */
  readonly stillGood?: () => string | undefined;
  /** Kills the program when aborted. */
  readonly signal?: AbortSignal | undefined;
}

const KEPT = 64 * 1024;

/**
 * Runs a program to its end. Never throws. The program leads its own process group: everything it started ends with it,
 * and all of it ends with this process, even if that is killed.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env, stillGood, signal }: RunCommand = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    let output = '';
    let ended: string | undefined;
    const child = spawn(command, [...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const watch = child.pid === undefined ? undefined : watchFor({ pid: child.pid, stopSignal: 'SIGKILL', graceMs: 0 });
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-KEPT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const end = (): void => killGroup(child.pid);
    const timer = setInterval(() => {
      ended ??= stillGood?.();
      if (ended !== undefined) end();
    }, 1_000);
    const onAbort = (): void => {
      ended ??= 'stopped';
      end();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    process.once('exit', end);
    const finish = (ok: boolean, reason: string): void => {
      clearInterval(timer);
      watch?.dismiss();
      signal?.removeEventListener('abort', onAbort);
      process.off('exit', end);
      resolve({ ok, output, reason });
    };
    child.once('error', (error) => finish(false, error.message));
    child.once('close', (code, killedBy) => {
      if (code === 0) finish(true, 'ok');
      else finish(false, ended ?? (killedBy === null ? `exit code ${code}` : `signal ${killedBy}`));
    });
  });
}

/** The group may have ended already. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    return;
  }
}

/** A `stillGood` with a time limit. */
export function within(seconds: number): () => string | undefined {
  const until = Date.now() + seconds * 1000;
  return () => (Date.now() > until ? `no result after ${seconds} s` : undefined);
}
