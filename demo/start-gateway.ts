import type { Child } from '../local/child-process.ts';
import type { DemoEnvironment } from './environment.ts';
import { startReadyProgram } from './start-program.ts';

/**
 * Starts the gateway for the targets' webhooks, and waits until it listens.
 *
 * @param cwd a folder without `.env`, which may name real systems.
 */
export function startGateway(
  environment: DemoEnvironment,
  cwd: string,
  logFile: string,
  signal: AbortSignal,
): Promise<Child> {
  const program = { name: 'The gateway', file: 'clients/gateway.ts', environment, cwd, logFile };
  const url = `http://127.0.0.1:${environment['GATEWAY_PORT']}/health/live`;
  return startReadyProgram(program, () => answers(url), signal);
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
