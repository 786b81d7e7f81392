import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines } from './log-file.ts';
import { watchFor } from './orphan-watch.ts';

/** How a child ended: by itself (`asked: false`) or because we stopped it. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly asked: boolean;
}

export interface StartChild {
  /** For messages, e.g. "PostgreSQL". */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Its output goes to this file (appended); without one it goes where ours goes. */
  readonly logFile?: string;
  /** The signal that asks it to end. Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** How long it may take to end before it gets SIGKILL, in milliseconds. Default 10 s. */
  readonly graceMs?: number;
  /** Removed when the child has ended because *we* are gone; an orderly `stop()` leaves it to the caller. */
  readonly removeAfterwards?: string;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  /** False once it has ended. */
  readonly running: boolean;
  /** Resolves when it has ended; never rejects. */
  readonly ended: Promise<ChildEnd>;
  /** Asks it to end, and kills it after the grace period. Resolves when it has ended. May be called again. */
  stop(): Promise<void>;
  /** SIGKILL, now, as a crash would. */
  kill(): void;
  /** The caller ends it by a signal of its own: its end counts as asked for. */
  expectEnd(): void;
  /** Why it ended, with the end of its log, for an error message. */
  describeEnd(end: ChildEnd): string;
}

/**
 * Starts a program that does not outlive this process: `stop()` ends it, and a separate watcher ends it if this process
 * is killed. It leads its own process group, so Ctrl-C reaches only us and we decide the order in which things stop.
 *
 * @throws Error if it cannot be started at all (no such file, not allowed)
 */
export async function startChild(options: StartChild): Promise<Child> {
  const { name, stopSignal = 'SIGTERM', graceMs = 10_000 } = options;
  const child = await spawned(options);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${name} was started, but has no process id.`);
  const watch = watchFor({ pid, stopSignal, graceMs, remove: options.removeAfterwards });

  let asked = false;
  let running = true;
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once('exit', (code, signal) => {
      running = false;
      watch.dismiss();
      // Its own children must end too. Jest's workers would stay.
      killGroup(pid);
      resolve({ code, signal, asked });
    });
  });

  return {
    name,
    pid,
    get running() {
      return running;
    },
    ended,
    async stop() {
      if (!running) return;
      asked = true;
      child.kill(stopSignal);
      const cancel = new AbortController();
      const late = sleep(graceMs, 'late' as const, { signal: cancel.signal }).catch(() => 'cancelled' as const);
      if ((await Promise.race([ended, late])) === 'late') killGroup(pid);
      await ended;
      cancel.abort();
    },
    kill() {
      asked = true;
      if (running) killGroup(pid);
    },
    expectEnd() {
      asked = true;
    },
    describeEnd(end) {
      const how = end.signal === null ? `exit code ${end.code}` : `signal ${end.signal}`;
      if (options.logFile === undefined) return `${name} ended (${how}).`;
      return `${name} ended (${how}). The end of its log, ${options.logFile}:\n${lastLines(options.logFile)}`;
    },
  };
}

function spawned(options: StartChild): Promise<ChildProcess> {
  const log = options.logFile === undefined ? undefined : openSync(options.logFile, 'a');
  const output = log ?? 'inherit';
  return new Promise<ChildProcess>((resolve, reject) => {
    const child = spawn(options.command, [...options.args], {
      cwd: options.cwd,
      env: options.env === undefined ? process.env : { ...compileCache(), ...options.env },
      stdio: ['ignore', output, output],
      detached: true,
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
    child.once('spawn', () => resolve(child));
    child.once('error', (error) =>
      reject(new Error(`${options.name} cannot be started (${options.command}): ${error.message}`, { cause: error })),
    );
  }).finally(() => {
    if (log !== undefined) closeSync(log);
  });
}

/** Compile our programs once, not in every process: see run.mjs. */
function compileCache(): NodeJS.ProcessEnv {
  const folder = process.env['NODE_COMPILE_CACHE'];
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}

/** Kills the child and everything it started. The group may have ended already. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    return;
  }
}
