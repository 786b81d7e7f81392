import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Child, startChild } from '../local/child-process.ts';
import { projectFolder } from '../local/folders.ts';
import type { DemoEnvironment } from './environment.ts';

const READY_WITHIN_MS = 30_000;

/**
 * Starts the gateway that takes the targets' webhooks, and waits until it listens.
 *
 * @param cwd a folder without `.env`, which may name real systems.
 */
export async function startGateway(environment: DemoEnvironment, cwd: string, logFile: string): Promise<Child> {
  const gateway = await startChild({
    name: 'The gateway',
    command: process.execPath,
    args: [join(projectFolder, 'clients', 'gateway.ts')],
    env: { ...process.env, ...environment },
    cwd,
    logFile,
  });
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await answers(`http://127.0.0.1:${environment['GATEWAY_PORT']}/health/live`))) {
    if (!gateway.running) throw new Error(gateway.describeEnd(await gateway.ended));
    if (Date.now() > deadline) throw new Error(`The gateway does not listen; see its log, ${logFile}`);
    await sleep(100);
  }
  return gateway;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
