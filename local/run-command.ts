import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly ok: boolean;
  /** Output and errors together, the last 64 kB of it. */
  readonly output: string;
  /** Why it failed, in one line: the start error, the time-out, the signal or the exit code. */
  readonly reason: string;
}

const KEPT = 64 * 1024;

/** Runs a program to its end; never throws. `stillGood` is asked every second, and a reason from it ends the program. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly stillGood?: () => string | undefined;
  } = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    let output = '';
    let ended: string | undefined;
    const child = spawn(command, [...args], { cwd: options.cwd, env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-KEPT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const timer = setInterval(() => {
      ended ??= options.stillGood?.();
      if (ended !== undefined) child.kill('SIGKILL');
    }, 1_000);
    const withUs = (): void => void child.kill('SIGKILL');
    process.once('exit', withUs);
    const finish = (ok: boolean, reason: string): void => {
      clearInterval(timer);
      process.off('exit', withUs);
      resolve({ ok, output, reason });
    };
    child.once('error', (error) => finish(false, error.message));
    child.once('close', (code, signal) => {
      if (code === 0) finish(true, 'ok');
      else finish(false, ended ?? (signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
  });
}

/** A `stillGood` that gives a program this long. */
export function within(seconds: number): () => string | undefined {
  const until = Date.now() + seconds * 1000;
  return () => (Date.now() > until ? `no result after ${seconds} s` : undefined);
}
