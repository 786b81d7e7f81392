import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Misfit } from './answers.ts';

/** A simulator running as a child process. */
export interface RunningSimulator {
  /** For example `http://127.0.0.1:8085`, without a path. */
  readonly url: string;
  /** Ends it cleanly and waits for the exit. Throws if it gave an answer that its vendor would not give. */
  stop(): Promise<void>;
  /** Kills it at once, like a crash. Resolves when nothing answers at its address any more. */
  kill(): Promise<void>;
}

/** The options of a simulator's program, by name without dashes. Undefined ones are left out. */
export type SimulatorOptions = Readonly<Record<string, string | number | undefined>>;

/**
 * Starts `main` with these options: as a process, or, where `SIMULATORS_SHARED_PROCESS` says so, in one that holds many. A
 * simulator that keeps its state in a file or has a port of its own is one that shall crash and come back: a process.
 */
export async function startSimulator(main: URL, options: SimulatorOptions): Promise<RunningSimulator> {
  const args = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
  const shared = process.env['SIMULATORS_SHARED_PROCESS'] ?? '';
  const comesBack = options['storage'] !== undefined || (options['port'] ?? 0) !== 0;
  return shared === '' || comesBack ? spawnSimulator(main, args) : simulatorIn(shared, main, args);
}

/** A busy machine takes more than 20 seconds. */
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;

/**
 * Starts `main` (a file URL) with the same Node and waits for the line that reports its address. It ends with this
 * process, even if this one is killed. If it does not start, throws with its standard error.
 */
export async function spawnSimulator(main: URL, args: readonly string[]): Promise<RunningSimulator> {
  const child = spawn(process.execPath, [fileURLToPath(main), ...args, '--until-stdin-closes'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // Ignore errors of writing to a process that has already exited; unhandled, they would end this one.
  child.stdin.on('error', () => undefined);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4_000);
  });
  const exited = once(child, 'exit');
  const end = async (): Promise<void> => {
    child.kill('SIGTERM');
    const gone = await Promise.race([exited.then(() => true), sleep(STOP_TIMEOUT_MS, false, { ref: false })]);
    if (gone) return;
    child.kill('SIGKILL');
    await exited;
  };

  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    exited.then(() => undefined),
    sleep(START_TIMEOUT_MS, undefined, { ref: false }),
  ]);
  lines.close();
  child.stdout.resume();
  if (first === undefined) {
    child.kill('SIGKILL');
    throw new Error(
      `The simulator ${fileURLToPath(main)} did not start. It wrote: ${complaints.trim() || '(nothing)'}`,
    );
  }
  const { listening }: { listening: string } = JSON.parse(first);
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const misfits = await misfitsOf(listening);
    await end();
    assertNoMisfits(main, misfits);
  };
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return { url: listening, stop, kill };
}

/** Starts `main` in the process of many simulators at this address; see `shared-process.ts`. */
async function simulatorIn(shared: string, main: URL, args: readonly string[]): Promise<RunningSimulator> {
  const ask = async (what: 'start' | 'end', body: object): Promise<unknown> => {
    const response = await fetch(`${shared}/${what}`, { method: 'POST', body: JSON.stringify(body) });
    const answer: unknown = await response.json();
    if (response.ok) return answer;
    const { reason } = refused.parse(answer);
    throw new Error(`The simulator ${fileURLToPath(main)} did not ${what}. It wrote: ${reason}`);
  };
  const { id, listening: url } = startedThere.parse(await ask('start', { main: main.href, args }));
  let running = true;
  const kill = async (): Promise<void> => {
    if (!running) return;
    running = false;
    await ask('end', { id });
  };
  const stop = async (): Promise<void> => {
    if (!running) return;
    const misfits = await misfitsOf(url);
    await kill();
    assertNoMisfits(main, misfits);
  };
  return { url, stop, kill };
}

const startedThere = z.strictObject({ id: z.string(), listening: z.string() });
const refused = z.strictObject({ reason: z.string() });

function assertNoMisfits(main: URL, misfits: readonly Misfit[]): void {
  if (misfits.length === 0) return;
  const told = misfits.map(({ method, route, status, reason }) => `${method} ${route} ${status}: ${reason}`);
  throw new Error(`The simulator ${fileURLToPath(main)} answered what its vendor does not:\n${told.join('\n')}`);
}

/** Empty if the simulator no longer answers: `stop` must still end it. */
async function misfitsOf(url: string): Promise<readonly Misfit[]> {
  const signal = AbortSignal.timeout(STOP_TIMEOUT_MS);
  const response = await fetch(`${url}/control/misfits`, { signal }).catch(() => undefined);
  return response?.ok === true ? z.array(misfit).parse(await response.json()) : [];
}

const misfit: z.ZodType<Misfit> = z.strictObject({
  method: z.string(),
  route: z.string(),
  status: z.int(),
  reason: z.string(),
});
