import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startChild } from '../local/child-process.ts';
import { newLogFile } from '../local/log-file.ts';

export interface SharedSimulators {
  /** The variable by which `simulators/kit/spawn-simulator.ts` finds the process. */
  readonly environment: Readonly<Record<'SIMULATORS_SHARED_PROCESS', string>>;
  stop(): Promise<void>;
}

/** Starts the process in which the simulators of all test files run. @throws Error if it does not start */
export async function startSharedSimulators(say: (line: string) => void): Promise<SharedSimulators> {
  const logFile = newLogFile('simulators');
  const child = await startChild({
    name: 'The process of simulators',
    command: process.execPath,
    args: [fileURLToPath(new URL('../simulators/kit/shared-process.ts', import.meta.url))],
    logFile,
  });
  let address: string | undefined;
  while (address === undefined) {
    if (!child.running) throw new Error(child.describeEnd(await child.ended));
    address = /"listening":"([^"]+)"/.exec(readFileSync(logFile, 'utf8'))?.[1];
    if (address === undefined) await sleep(50);
  }
  // An error that no simulator catches ends them all. Tests that fail then cannot say why.
  const tellEnd = async (): Promise<void> => {
    const end = await child.ended;
    if (!end.asked) say(child.describeEnd(end));
  };
  void tellEnd();
  return { environment: { SIMULATORS_SHARED_PROCESS: address }, stop: () => child.stop() };
}
