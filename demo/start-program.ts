import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild } from '../local/child-process.ts';
import { projectFolder } from '../local/folders.ts';
import type { DemoEnvironment } from './environment.ts';

/** On a busy machine a program may take minutes to start. One that fails ends sooner. */
const READY_WITHIN_MS = 300_000;

export interface DemoProgram {
  /** For messages, for example "The gateway". */
  readonly name: string;
  /** Path relative to the project's folder. */
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

/**
 * Like {@link startProgram}, but waits until the program is ready.
 *
 * @param signal ends the wait, and the program.
 * @throws Error if the program ends, or is not ready after five minutes.
 */
export async function startReadyProgram(
  program: DemoProgram,
  isReady: () => Promise<boolean>,
  signal?: AbortSignal,
): Promise<Child> {
  const child = await startProgram(program);
  const deadline = performance.now() + READY_WITHIN_MS;
  try {
    while (!(await isReady())) {
      signal?.throwIfAborted();
      if (!child.running) throw new Error(child.describeEnd(await child.ended));
      if (performance.now() > deadline)
        throw new Error(
          `${program.name} is not ready after ${READY_WITHIN_MS / 1_000} s; see its log, ${program.logFile}`,
        );
      await sleep(100);
    }
    return child;
  } catch (error) {
    await child.stop();
    throw error;
  }
}
