import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommanderError } from 'commander';
import type { Status } from '../clients/status.ts';
import { checkoutAdvice } from '../local/checkout-advice.mjs';
import { onStopSignal } from '../local/stop-signals.ts';
import { createDisplay } from './display.ts';
import { writeEnvironmentFile } from './environment-file.ts';
import { everythingInStep, greeting, whatToLookAt } from './greeting.ts';
import { letThingsHappen } from './let-things-happen.ts';
import { bothWaysInStep, provesRight } from './once.ts';
import { type DemoOptions, parseOptions } from './options.ts';
import { outcomeLine } from './outcome.ts';
import { makeRunFolder } from './run-folder.ts';
import { type DemoSystem, startSystem } from './start-system.ts';
import { watchTemporal } from './temporal-outage.ts';
import { watchStatus } from './watch-status.ts';

const startedAt = performance.now();
const display = createDisplay(process.stdout);
const stack = new AsyncDisposableStack();
const stopped = new AbortController();
let starting: Promise<DemoSystem> | undefined;
let latest: Status | null = null;

/** After Ctrl-C, wait this long for a step of starting to end, so that it is stopped in order. In milliseconds. */
const STARTED_WITHIN_MS = 15_000;

/** EMS starts to change after this time even if the first load has not ended, in milliseconds. */
const FIRST_LOAD_MS = 600_000;

async function start(options: DemoOptions): Promise<DemoSystem> {
  const runFolder = makeRunFolder();
  stack.defer(() => rmSync(runFolder, { recursive: true, force: true, maxRetries: 3 }));
  starting = startSystem(options, { runFolder, stack, say: display.say, signal: stopped.signal });
  const system = await starting;
  const file = writeEnvironmentFile(runFolder, system.environment);
  stack.defer(() => file.remove());
  const watching = watchTemporal(system.temporal, { signal: stopped.signal, say: display.say });
  stack.defer(() => {
    stopped.abort();
    return watching;
  });
  display.say(greeting(system, file.path));
  return system;
}

/** @returns whether every process was in sync in time, with the right content at its target. */
async function once(options: DemoOptions): Promise<boolean> {
  const system = await start(options);
  const workingSince = performance.now();
  const { promise: inStep, resolve } = Promise.withResolvers<void>();
  const watching = watch(system, (status) => {
    latest = status;
    display.show(status, secondsSince(workingSince));
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
  const late = sleep(options.timeout * 1_000, 'late' as const, { ref: false });
  const settled = await Promise.race([both, late, watching, system.broken]);
  if (settled === undefined) return false;
  if (settled === 'late') return tooLate(options.timeout, unsettled);
  latest = settled;
  display.end();
  display.say(everythingInStep(settled, secondsSince(workingSince)));
  return Promise.race([provesRight(system, display.say), system.broken]);
}

/** Stops before its database connection is closed. */
function watch(system: DemoSystem, onStatus: (status: Status) => boolean): Promise<void> {
  const stop = new AbortController();
  const watching = watchStatus(system, stop.signal, onStatus);
  stack.defer(async () => {
    stop.abort();
    await watching.catch(() => undefined);
  });
  return watching;
}

const secondsSince = (since: number): string => `${Math.round((performance.now() - since) / 1_000)} s`;

function tooLate(seconds: number, unsettled: string): boolean {
  display.end();
  const still = unsettled === '' ? '' : ` The last round still found ${unsettled}.`;
  console.error(
    `Not in step after ${seconds} s.${still} The time began with the sweeps. ` +
      "Give it more with --timeout, or see the workers' log.",
  );
  return false;
}

/** Never returns. A signal ends it. */
async function stayUp(options: DemoOptions): Promise<never> {
  const system = await start(options);
  const workingSince = performance.now();
  const { promise: inStep, resolve } = Promise.withResolvers<Status>();
  let news = (): string => secondsSince(workingSince);
  const watching = watch(system, (status) => {
    display.show(status, news());
    if (status.inStep) resolve(status);
    return false;
  });
  const late = sleep(FIRST_LOAD_MS, 'late' as const, { ref: false });
  const loaded = await Promise.race([inStep, late, system.broken, watching]);
  if (typeof loaded === 'object') display.say(whatToLookAt(system, loaded, secondsSince(workingSince)));
  else display.say(`Not everything is in step after ${secondsSince(workingSince)}. It goes on.`);
  display.say('EMS changes now, and people work at the targets. Ctrl-C ends the demo and removes what it made.');
  news = letThingsHappen(system, options.seed, stack);
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
  stopped.abort(new Error('The demo was stopped.'));
  await Promise.race([starting?.catch(() => undefined), sleep(STARTED_WITHIN_MS)]);
  await stack.disposeAsync();
});

let good = false;
try {
  good = options.once ? await once(options) : await stayUp(options);
} catch (error) {
  display.end();
  if (!stopping) console.error(checkoutAdvice(error) ?? (error instanceof Error ? error.message : error));
}
// The signal handler ends the process.
if (stopping) await new Promise(() => {});
await stack.disposeAsync();
if (options.once) console.log(outcomeLine(latest, good, performance.now() - startedAt));
process.exit(good ? 0 : 1);
