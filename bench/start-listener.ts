import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DemoSystem } from '../demo/start-system.ts';
import { startChild } from '../local/child-process.ts';
import { projectFolder } from '../local/folders.ts';
import { newLogFile } from '../local/log-file.ts';

const READY_WITHIN_MS = 30_000;

/**
 * Starts the listener and waits until it listens.
 *
 * @param cwd a folder without `.env`, which may name real systems.
 * @returns what stops it.
 */
export async function startListener({ environment }: DemoSystem, cwd: string): Promise<() => Promise<void>> {
  const logFile = newLogFile('listener');
  const listener = await startChild({
    name: 'The listener',
    command: process.execPath,
    args: [join(projectFolder, 'clients', 'listener.ts')],
    env: { ...process.env, ...environment },
    cwd,
    logFile,
  });
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!readFileSync(logFile, 'utf8').includes('listener is ready')) {
    if (!listener.running) throw new Error(listener.describeEnd(await listener.ended));
    if (performance.now() > deadline) throw new Error(`The listener is not ready; see its log, ${logFile}`);
    await sleep(100);
  }
  return async () => {
    await listener.stop();
  };
}
