import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startChild, type Child } from '../../local/child-process.ts';
import { newLogFile } from '../../local/log-file.ts';
import type { LimitedProgram } from '../../settings/programs.ts';
import type { System } from './system.ts';

export interface ProgramUnderTest {
  readonly child: Child;
  /** Everything it has logged. */
  log(): string;
  /** Waits until it has logged this, because a program may answer before its log is written. @throws Error if it does not. */
  hasLogged(text: string | RegExp): Promise<void>;
}

/** Starts a program of ours with its own of the system's settings, its own login and these settings, and waits until its log says that it is ready. */
export async function startProgram(
  system: System,
  program: LimitedProgram,
  settings: Readonly<Record<string, string>>,
  ready: RegExp,
): Promise<ProgramUnderTest> {
  const file = `clients/${program}.ts`;
  const logFile = newLogFile(file.replaceAll(/\W+/g, '-'));
  const log = () => readFileSync(logFile, 'utf8');
  const child = await startChild({
    name: file,
    command: process.execPath,
    args: [fileURLToPath(new URL(`../../${file}`, import.meta.url))],
    env: { PATH: process.env['PATH'], ...(await system.environmentOf(program)), LOG_LEVEL: 'debug', ...settings },
    logFile,
  });
  await system.eventually(`${file} that is ready`, async () => {
    if (!child.running) throw new Error(child.describeEnd(await child.ended));
    return ready.test(log());
  });
  const hasLogged = async (text: string | RegExp) => {
    const found = async () => (typeof text === 'string' ? log().includes(text) : text.test(log()));
    await system.eventually(`${file} that has logged ${text}`, found);
  };
  return { child, log, hasLogged };
}

/** Starts a gateway. @returns it with its address. */
export async function startGateway(
  system: System,
  settings: Readonly<Record<string, string>> = {},
): Promise<ProgramUnderTest & { readonly url: string }> {
  const address = /"address":"([^"]+)"/;
  const gateway = await startProgram(system, 'gateway', { GATEWAY_PORT: '0', ...settings }, address);
  return { ...gateway, url: address.exec(gateway.log())?.[1] ?? '' };
}
