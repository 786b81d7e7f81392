import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommanderError } from 'commander';
import { keepHappening } from '../../demo/happen.ts';
import { randomFor } from '../../demo/random.ts';
import { localFolder } from '../../local/folders.ts';
import { onStopSignal } from '../../local/stop-signals.ts';
import { createRng, keepChanging } from '../../simulators/ems/index.ts';
import { keepChangingAddresses } from './address-changes.ts';
import { keepAdopting } from './adopt-reissued.ts';
import { check } from './check.ts';
import { causeFaults, endFaults } from './faults.ts';
import { Findings } from './findings.ts';
import { installFullDisk } from './full-disk.ts';
import { keepEvidence } from './keep-evidence.ts';
import { noteOptIns } from './opt-ins.ts';
import { parseOptions, RESTORABLE, type ChaosOptions } from './options.ts';
import { Refusals } from './refusals.ts';
import { backUpEms, restoreEms, type LeftByRestore } from './restore-ems.ts';
import { backUpTarget, restoreTarget } from './restore-target.ts';
import { retryEverything } from './retry-everything.ts';
import { settleWithin } from './settle-within.ts';
import { describeParked, readUnsettled } from './sync-tables.ts';
import { startWorld, type World } from './world.ts';

/** Between two changes of EMS, and between two things that people do at the targets, in milliseconds. */
const CHANGE_EVERY_MS = 400;
const HAPPENING_EVERY_MS = 700;
const ADDRESS_EVERY_MS = 2_000;
const LOOK_EVERY_MS = 1_000;

/** Everything must be in step within this time after the last fault, in minutes. */
const SETTLED_WITHIN = 15;

const stack = new AsyncDisposableStack();
const say = (line: string): void => console.log(line);
const sayFound = (found: string): void => {
  if (found !== '') say(`  found: ${found}`);
};

function readOptions(): ChaosOptions {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    throw error;
  }
}

/** Every change and every fault with its time, for whoever looks into a failing seed. */
function openJournal(seed: number): { readonly file: string; readonly note: (what: string) => void } {
  const folder = join(localFolder, 'chaos');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `seed-${seed}-${process.pid}.log`);
  return { file, note: (what) => appendFileSync(file, `${Temporal.Now.instant().toString()} ${what}\n`) };
}

interface Caused {
  readonly changes: number;
  readonly faults: number;
  readonly refusals: Refusals;
}

/** EMS and people at the targets change data, while faults happen. */
async function storm(world: World, { seed, minutes }: ChaosOptions, note: (what: string) => void): Promise<Caused> {
  const refusals = new Refusals();
  let changes = 0;
  let faults = 0;
  const signal = AbortSignal.timeout(minutes * 60_000);
  const { databaseUrl } = world;
  const changing = keepChanging({
    databaseUrl,
    seed,
    everyMs: CHANGE_EVERY_MS,
    signal,
    onChange({ kind, outcome, rows }) {
      if (outcome !== 'done') return;
      changes += 1;
      note(`EMS: ${kind} ${rows.map(({ table, id }) => `${table}/${id}`).join(' ')}`);
    },
  });
  const moving = keepChangingAddresses({
    databaseUrl,
    seed: seed + 2,
    everyMs: ADDRESS_EVERY_MS,
    signal,
    onChange(what) {
      changes += 1;
      note(`EMS: ${what}`);
    },
  });
  const happening = keepHappening(
    world,
    { databaseUrl, rng: randomFor('happen', seed) },
    {
      everyMs: HAPPENING_EVERY_MS,
      signal,
      onHappening(what) {
        changes += 1;
        note(what);
      },
    },
  );
  const failing = causeFaults(world, {
    rng: createRng(seed + 1),
    signal,
    onFault(name) {
      faults += 1;
      note(`FAULT ${name}`);
      say(`  ${name}`);
    },
  });
  const looking = (async () => {
    while (!signal.aborted) {
      await refusals.look(world);
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  })();
  await Promise.race([Promise.all([changing, moving, happening, failing, looking]), world.broken]);
  return { changes, faults, refusals };
}

/** Everything comes in step. @returns what still moves when the time is over. */
async function calm(world: World): Promise<readonly string[]> {
  await retryEverything(world);
  const settled = new AbortController();
  const adopting = keepAdopting(world, settled.signal);
  const left = await settleWithin(world, SETTLED_WITHIN, sayFound);
  settled.abort();
  await adopting;
  return left;
}

async function main(options: ChaosOptions): Promise<boolean> {
  const { file, note } = openJournal(options.seed);
  const world = await startWorld(options, { stack, say });
  await noteOptIns(world.databaseUrl);
  await installFullDisk(world.databaseUrl);
  say('The first load …');
  const unloaded = await settleWithin(world, SETTLED_WITHIN, sayFound);
  if (unloaded.length > 0) return conclude(world, unended(unloaded), { changes: 0, faults: 0, file });
  say(
    `Everything is in step. ${options.minutes} minutes of changes and faults, seed ${options.seed}; journal: ${file}`,
  );
  await backUp(world, options.restore);
  const { changes, faults, refusals } = await storm(world, options, note);
  say(`${changes} changes, ${faults} faults, ${refusals.count} refusals seen. Waiting until all is quiet …`);
  await endFaults(world);
  const left = await restore(world, options.restore, note);
  const unsettled = await calm(world);
  const findings = unsettled.length === 0 ? await check(world, refusals, left) : unended(unsettled);
  return conclude(world, findings, { changes, faults, file });
}

async function backUp(world: World, what: ChaosOptions['restore']): Promise<void> {
  if (what === 'ems') await backUpEms(world);
  else if (what !== undefined) backUpTarget(world, RESTORABLE[what]);
}

/** @returns what only the targets know afterwards. */
async function restore(
  world: World,
  what: ChaosOptions['restore'],
  note: (line: string) => void,
): Promise<LeftByRestore | null> {
  if (what === undefined) return null;
  const steps = { note, inStep: async () => void (await calm(world)) };
  if (what !== 'ems') {
    const found = await restoreTarget(world, RESTORABLE[what], steps);
    say(`  ${RESTORABLE[what]} is restored from its backup; ${found}`);
    return null;
  }
  const left = await restoreEms(world, steps);
  say(`  EMS is restored from its backup, which lacks ${left.rows} rows`);
  return left;
}

/** One finding, and what there is to know about it. */
function unended([first = '', ...others]: readonly string[]): Findings {
  const findings = new Findings();
  findings.add('unended', first);
  for (const line of others) findings.note(`still moving: ${line}`);
  return findings;
}

/** Prints what was found. @returns whether all is well. */
async function conclude(
  world: World,
  findings: Findings,
  { changes, faults, file }: { readonly changes: number; readonly faults: number; readonly file: string },
): Promise<boolean> {
  for (const line of describeParked(await readUnsettled(world.databaseUrl))) say(`  parked: ${line}`);
  for (const line of findings.lines) say(line);
  if (!findings.isClean) {
    const folder = file.replace(/\.log$/, '');
    await keepEvidence(world, folder);
    say(`All rows and all targets' content: ${folder}; the workers' log: ${world.workersLog}`);
  }
  say(findings.summary({ changes, faults }));
  return findings.isClean;
}

const options = readOptions();
let stopping = false;
onStopSignal(async () => {
  stopping = true;
  console.log('\nStopping …');
  await stack.disposeAsync();
});
let good = false;
try {
  good = await main(options);
} catch (error) {
  if (!stopping) console.error(error instanceof Error ? error.message : error);
}
// The signal handler ends the process.
if (stopping) await new Promise(() => {});
await stack.disposeAsync().catch((error: unknown) => {
  good = false;
  console.error(error instanceof Error ? error.message : error);
});
process.exit(good ? 0 : 1);
