import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommanderError } from 'commander';
import type { Status } from '../clients/status.ts';
import { onStopSignal } from '../local/stop-signals.ts';
import { createDisplay } from './display.ts';
import { writeEnvironmentFile } from './environment-file.ts';
import { greeting } from './greeting.ts';
import { letThingsHappen } from './let-things-happen.ts';
import { bothWaysInStep, provesRight } from './once.ts';
import { type DemoOptions, parseOptions } from './options.ts';
import { outcomeLine } from './outcome.ts';
import { makeRunFolder } from './run-folder.ts';
import { type DemoSystem, startSystem } from './start-system.ts';
import { watchStatus } from './watch-status.ts';

const startedAt = performance.now();
const display = createDisplay(process.stdout);
const stack = new AsyncDisposableStack();
let latest: Status | null = null;

async function start(options: DemoOptions): Promise<DemoSystem> {
  const runFolder = makeRunFolder();
  stack.defer(() => rmSync(runFolder, { recursive: true, force: true, maxRetries: 3 }));
  const system = await startSystem(options, runFolder, stack, display.say);
  const file = writeEnvironmentFile(runFolder, system.environment);
  stack.defer(() => file.remove());
  display.say(greeting(system, file.path));
  return system;
}

/** @returns whether every process got in step in time, and what it did then proved right. */
async function once(options: DemoOptions): Promise<boolean> {
  const system = await start(options);
  const { promise: inStep, resolve } = Promise.withResolvers<void>();
  const watching = watch(system, (status) => {
    latest = status;
    display.show(status, `${Math.round((performance.now() - startedAt) / 1_000)} s`);
    if (status.inStep) resolve();
    return false;
  });
  let unsettled = '';
  const both = bothWaysInStep(system, {
    seed: options.seed,
    inStep,
    say: display.say,
    onRound: (found) => (unsettled = found),
  });
  const late = endOfTime(options.timeout);
  const settled = await Promise.race([both, late, watching, system.broken]);
  if (settled === undefined) return false;
  if (settled === 'late') return tooLate(options.timeout, unsettled);
  latest = settled;
  display.end();
  return Promise.race([provesRight(system, display.say), system.broken]);
}

/** Ends before the connection that it looks through does. */
function watch(system: DemoSystem, onStatus: (status: Status) => boolean): Promise<void> {
  const stop = new AbortController();
  const watching = watchStatus(system, stop.signal, onStatus);
  stack.defer(async () => {
    stop.abort();
    await watching.catch(() => undefined);
  });
  return watching;
}

async function endOfTime(seconds: number): Promise<'late'> {
  await sleep(Math.max(0, startedAt + seconds * 1_000 - performance.now()), undefined, { ref: false });
  return 'late';
}

function tooLate(seconds: number, unsettled: string): boolean {
  display.end();
  const still = unsettled === '' ? '' : ` The last round still found ${unsettled}.`;
  console.error(`Not in step after ${seconds} s.${still} Give it more time with --timeout, or see the workers' log.`);
  return false;
}

/** Never returns: a signal ends it. */
async function stayUp(options: DemoOptions): Promise<never> {
  const system = await start(options);
  display.say('EMS changes now, and people work at the targets. Ctrl-C ends the demo and removes what it made.');
  const news = letThingsHappen(system, options.seed, stack);
  const watching = watch(system, (status) => {
    display.show(status, news());
    return false;
  });
  await Promise.race([system.broken, watching]);
  return new Promise<never>(() => {});
}

function readOptions(): DemoOptions {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    throw error;
  }
}

const options = readOptions();
let stopping = false;
onStopSignal(async () => {
  stopping = true;
  display.end();
  console.log('\nStopping …');
  await stack.disposeAsync();
});

let good = false;
try {
  good = options.once ? await once(options) : await stayUp(options);
} catch (error) {
  display.end();
  if (!stopping) console.error(error instanceof Error ? error.message : error);
}
// The handler of the signal ends the process.
if (stopping) await new Promise(() => {});
await stack.disposeAsync();
if (options.once) console.log(outcomeLine(latest, good, performance.now() - startedAt));
process.exit(good ? 0 : 1);
