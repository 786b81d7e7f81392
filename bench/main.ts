import { rmSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { makeRunFolder } from '../demo/run-folder.ts';
import { type DemoSystem, startSystem } from '../demo/start-system.ts';
import { TEMPORAL_KINDS, type TemporalKind } from '../demo/start-temporal.ts';
import { watchStatus } from '../demo/watch-status.ts';
import { onStopSignal } from '../local/stop-signals.ts';
import { asJson, detection } from './detections.ts';
import { latency } from './latency.ts';
import { onDemand } from './on-demand.ts';
import { report } from './report.ts';

const stack = new AsyncDisposableStack();
const say = (line: string): void => console.log(line);

const EVERY_MINUTE = '* * * * *';

interface Common {
  readonly temporal: TemporalKind;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 10_000) return number;
  throw new InvalidArgumentError('Give a whole number from 1 to 10000.');
}

const temporalKind = () =>
  new Option('--temporal <kind>', "dev: Temporal's development server; postgres: the full server, on PostgreSQL")
    .choices(TEMPORAL_KINDS)
    .default('dev' satisfies TemporalKind);

async function start({ temporal }: Common, size: number): Promise<{ system: DemoSystem; runFolder: string }> {
  const runFolder = makeRunFolder();
  stack.defer(() => rmSync(runFolder, { recursive: true, force: true, maxRetries: 3 }));
  const options = { size, seed: 1, only: ['TAGSERVER'], temporal, sweepCron: EVERY_MINUTE } as const;
  const { signal } = new AbortController();
  return { system: await startSystem(options, { runFolder, stack, say, signal }), runFolder };
}

async function main(): Promise<void> {
  const program = new Command('npm run bench --')
    .description('Measures on its own servers, with a sample EMS and a simulated TagServer. There is no pass or fail.')
    .helpOption('--help', 'show this')
    .exitOverride();
  program
    .command('latency')
    .description('from a commit at EMS to its arrival at TagServer: sweeps alone, and with the listener')
    .option('--changes <n>', 'number of changes for each way', wholeNumber, 200)
    .option('--pause <ms>', 'pause between two changes', wholeNumber, 500)
    .addOption(temporalKind())
    .action(async ({ changes, pause, ...common }: Common & { changes: number; pause: number }) => {
      // One person per change: a person changed twice before a sweep would arrive only once.
      const { system, runFolder } = await start(common, changes);
      await watchStatus(system, new AbortController().signal, ({ inStep }) => inStep);
      const durations = latency(system, stack, say, { changes, pauseMs: pause, runFolder });
      say(report(await Promise.race([durations, system.broken])));
    });
  program
    .command('on-demand')
    .description('an on-demand sync, from the request to its outcome, during the first load')
    .option('--size <n>', "participants of the sample's main event; 410 make some 2,000 rows", wholeNumber, 410)
    .addOption(temporalKind())
    .action(async ({ size, ...common }: Common & { size: number }) => {
      const { system } = await start(common, size);
      say(report(await Promise.race([onDemand(system, say), system.broken])));
    });
  program
    .command('detection')
    .description("PostgreSQL's CPU for finding what is due, by the number of persons")
    .option('--sizes <n,…>', 'numbers of persons, with commas between', '10000,100000,1000000')
    .option('--json', 'print JSON in the last line')
    .action(async ({ sizes, json }: { sizes: string; json?: true }) => {
      const costs = await detection(stack, sizes.split(',').map(Number), json === true ? () => {} : say);
      if (json === true) say(JSON.stringify(asJson(costs)));
    });
  await program.parseAsync();
}

onStopSignal(async () => {
  console.log('\nStopping …');
  await stack.disposeAsync();
});
try {
  await main();
} catch (error) {
  // Commander has already printed the error; its exit code is 0 only for help.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
await stack.disposeAsync();
process.exit();
