import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A simulator in a process of its own. */
export interface RunningSimulator {
  /** For example `http://127.0.0.1:8085`, without a path. */
  readonly url: string;
  /** Ends it cleanly and waits until it is gone. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): void;
}

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5_000;

/**
 * Starts `main` (a file URL) with this very Node and waits for the line that says where it listens.
 * It ends with this process, whatever that one dies of. Throws with what it wrote to standard error if it does not start.
 */
export async function spawnSimulator(main: URL, args: readonly string[]): Promise<RunningSimulator> {
  const child = spawn(process.execPath, [fileURLToPath(main), ...args, '--until-stdin-closes'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // Writing to a process that is already gone must not bring this one down.
  child.stdin.on('error', () => undefined);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4_000);
  });
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const gone = await Promise.race([exited.then(() => true), sleep(STOP_TIMEOUT_MS, false, { ref: false })]);
    if (gone) return;
    child.kill('SIGKILL');
    await exited;
  };

  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    exited.then(() => undefined),
    sleep(START_TIMEOUT_MS, undefined, { ref: false }),
  ]);
  lines.close();
  child.stdout.resume();
  if (first === undefined) {
    child.kill('SIGKILL');
    throw new Error(
      `The simulator ${fileURLToPath(main)} did not start. It wrote: ${complaints.trim() || '(nothing)'}`,
    );
  }
  const { listening }: { listening: string } = JSON.parse(first);
  return { url: listening, stop, kill: () => void child.kill('SIGKILL') };
}
