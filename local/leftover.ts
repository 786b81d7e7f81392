import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { platform } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

interface RunRecord {
  readonly pid: number;
  /** The process that started it. */
  readonly owner: number;
  readonly command: string;
}

/** Records in `file` that the process `pid` uses the folder of `file`. A later run finds leftovers by it. */
export function recordRun(file: string, pid: number): void {
  const running = inspect(pid);
  if (running === undefined) return;
  const record: RunRecord = { pid, owner: process.pid, command: running.command };
  writeFileSync(file, JSON.stringify(record), { mode: 0o600 });
}

export function forgetRun(file: string): void {
  rmSync(file, { force: true });
}

/**
 * Ends the process that an earlier run recorded in `file`, if that run left it behind: same id, same command line, and no
 * longer a child of the run that started it.
 *
 * @throws Error if that run is still alive: two runs cannot share the folder of `file`
 */
export async function endLeftover(file: string, name: string): Promise<void> {
  const record = readRecord(file);
  if (record === undefined) return;
  const running = inspect(record.pid);
  if (running !== undefined && running.command === record.command) {
    // A run that has just been killed may stay a zombie for a moment and still have its children.
    if (running.parent === record.owner && inspect(record.owner) !== undefined) {
      throw new Error(
        `${name} is already running for this folder, started by process ${record.owner}. ` +
          `Stop that run first (Ctrl-C there, or: kill ${record.owner}).`,
      );
    }
    for (const [signal, seconds] of [
      ['SIGTERM', 3],
      ['SIGINT', 10],
      ['SIGKILL', 5],
    ] as const) {
      trySignal(record.pid, signal);
      if (await isGone(record, seconds * 1000)) break;
    }
    if (!(await isGone(record, 0))) {
      throw new Error(
        `${name} of an earlier run (process ${record.pid}) cannot be ended. End it by hand: kill -9 ${record.pid}`,
      );
    }
  }
  forgetRun(file);
}

/** A live process: its parent and its command line. Undefined if there is none, or only a zombie. */
export function inspect(pid: number): { readonly parent: number; readonly command: string } | undefined {
  try {
    if (platform() === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state === 'Z' || state === 'X' || parent === undefined) return undefined;
      return {
        parent: Number(parent),
        command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim(),
      };
    }
    const line = execFileSync('ps', ['-ww', '-o', 'ppid=,stat=,args=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    const [, parent, state, command] = /^(\d+)\s+(\S+)\s+(.*)$/s.exec(line) ?? [];
    if (parent === undefined || command === undefined || state?.startsWith('Z')) return undefined;
    return { parent: Number(parent), command };
  } catch {
    return undefined;
  }
}

function readRecord(file: string): RunRecord | undefined {
  try {
    const record: Partial<RunRecord> = JSON.parse(readFileSync(file, 'utf8'));
    const { pid, owner, command } = record;
    if (typeof pid !== 'number' || typeof owner !== 'number' || typeof command !== 'string') return undefined;
    return { pid, owner, command };
  } catch {
    return undefined;
  }
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended, or belongs to another user. The caller checks whether it is gone.
  }
}

async function isGone(record: RunRecord, withinMs: number): Promise<boolean> {
  const until = Date.now() + withinMs;
  for (;;) {
    if (inspect(record.pid)?.command !== record.command) return true;
    if (Date.now() >= until) return false;
    await sleep(50);
  }
}
