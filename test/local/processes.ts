import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from '../../local/leftover.ts';

/** Starts a program of `fixtures/` as a child process and waits for the process id in its first line of output. */
export async function startFixture(
  name: string,
  args: readonly string[],
): Promise<{ readonly pid: number; readonly told: number }> {
  const file = fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  child.unref();
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, 'line'), once(child, 'exit')])) as [unknown];
  lines.close();
  child.stdout.destroy();
  if (typeof line !== 'string') throw new Error(`${name} ended before it told anything (exit code ${String(line)})`);
  return { pid: child.pid ?? 0, told: Number(line) };
}

/** Resolves when no live process has this id; throws after `seconds`. */
export async function untilGone(pid: number, seconds = 60): Promise<void> {
  const until = Date.now() + seconds * 1000;
  while (inspect(pid) !== undefined) {
    if (Date.now() > until) throw new Error(`process ${pid} is still running`);
    await sleep(50);
  }
}

/** The watchers that `parent` has started, to kill them as well: the worst case. */
export function watchersOf(parent: number): number[] {
  const list = execFileSync('ps', ['-ww', '-eo', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return list
    .split('\n')
    .filter((line) => line.includes('ems-sync-orphan-watch'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, ppid]) => Number(ppid) === parent)
    .map(([pid]) => Number(pid));
}
