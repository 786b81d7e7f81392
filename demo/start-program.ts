import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild } from '../local/child-process.ts';
import { projectFolder } from '../local/folders.ts';
import type { DemoEnvironment } from './environment.ts';

const READY_WITHIN_MS = 30_000;

export interface DemoProgram {
  /** For messages, for example "The gateway". */
  readonly name: string;
  /** Relative to the project's folder. */
  readonly file: string;
  readonly environment: DemoEnvironment;
  /** A folder without `.env`, which may name real systems. */
  readonly cwd: string;
  readonly logFile: string;
}

/** Starts a program of ours on the demo's servers. */
export function startProgram({ name, file, environment, cwd, logFile }: DemoProgram): Promise<Child> {
  return startChild({
    name,
    command: process.execPath,
    args: [join(projectFolder, file)],
    env: { ...process.env, ...environment },
    cwd,
    logFile,
  });
}

/** The same, and waits until it is ready. @throws Error if it ends, or is not ready in time. */
export async function startReadyProgram(program: DemoProgram, isReady: () => Promise<boolean>): Promise<Child> {
  const child = await startProgram(program);
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!(await isReady())) {
    if (!child.running) throw new Error(child.describeEnd(await child.ended));
    if (performance.now() > deadline) throw new Error(`${program.name} is not ready; see its log, ${program.logFile}`);
    await sleep(100);
  }
  return child;
}
