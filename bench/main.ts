import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { TEMPORAL_KINDS, type TemporalKind } from '../demo/start-temporal.ts';
import { onStopSignal } from '../local/stop-signals.ts';
import { all, writeJson } from './all.ts';
import { FIRST_LOAD, type FirstLoader } from './first-load.ts';
import { type Findings, type PartContext, parts } from './parts.ts';
import { STEADY, type SteadyContender } from './steady.ts';

const stack = new AsyncDisposableStack();

function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 10_000_000) return number;
  throw new InvalidArgumentError('Give a whole number from 1 to 10000000.');
}

const wholeNumbers = (text: string) => text.split(',').map(wholeNumber);

const option = {
  rounds: () =>
    new Option('--rounds <n>', 'rounds in which contenders take turns; medians are shown')
      .argParser(wholeNumber)
      .default(3),
  size: (what: string, size: number) => new Option('--size <n>', what).argParser(wholeNumber).default(size),
  json: () => new Option('--json', 'print JSON in the last line, and all else to standard error'),
  temporal: () =>
    new Option('--temporal <kind>', "dev: Temporal's development server; postgres: the full server, on PostgreSQL")
      .choices(TEMPORAL_KINDS)
      .default('dev' satisfies TemporalKind),
  only: (contenders: readonly string[]) =>
    new Option('--only <names>', 'only these contenders, with commas between')
      .argParser((text) =>
        text.split(',').map((part) => {
          const name = part.trim();
          if (contenders.includes(name)) return name;
          throw new InvalidArgumentError(`There is: ${contenders.join(', ')}.`);
        }),
      )
      .default(contenders, contenders.join(',')),
};

interface Common {
  readonly json?: true;
  readonly temporal: TemporalKind;
}
interface Sized extends Common {
  readonly size: number;
  readonly rounds: number;
}

/** Runs a part, and prints its table, or its JSON in the last line. */
async function show({ json }: Pick<Common, 'json'>, run: (context: PartContext) => Promise<Findings>): Promise<void> {
  const say = json === true ? console.error : console.log;
  const findings = await run({ stack, say: (line) => say(line) });
  console.log(json === true ? JSON.stringify(findings.json) : findings.table);
}

async function main(): Promise<void> {
  const program = new Command('npm run bench --')
    .description('Measures on its own servers, with a sample EMS and simulated targets. There is no pass or fail.')
    .helpOption('--help', 'show this')
    .exitOverride();
  program
    .command('all', { isDefault: true })
    .description(
      'every part below but on-demand, hostile, outage, asked and failing; with sizes for two cores; writes .local/bench.json',
    )
    .addOption(option.size('persons of the first loads', 400))
    .addOption(option.rounds())
    .addOption(option.json())
    .action((options: Sized) =>
      show(options, async (context) => {
        const findings = await all(context, options);
        const path = writeJson(findings.json);
        return { ...findings, table: `${findings.table}\n\nAs JSON: ${path}` };
      }),
    );
  program
    .command('first-load')
    .description('persons into a new Mailchimp, which takes 120 ms a call and ten calls at once; beside other ways')
    .addOption(option.size('persons', 2_000))
    .addOption(option.rounds())
    .addOption(option.only(FIRST_LOAD))
    .addOption(option.temporal())
    .addOption(option.json())
    .action((options: Sized & { only: readonly FirstLoader[] }) =>
      show(options, (context) => parts.firstLoad(context, options)),
    );
  program
    .command('steady')
    .description('changed persons to TagServer, a child workflow for each; beside the least that a child can cost')
    .addOption(option.size('changed persons', 300))
    .addOption(option.rounds())
    .addOption(option.only(STEADY))
    .addOption(option.temporal())
    .addOption(option.json())
    .action((options: Sized & { only: readonly SteadyContender[] }) =>
      show(options, (context) => parts.steady(context, options)),
    );
  program
    .command('workers')
    .description('the first load by several processes of workers')
    .addOption(option.size('persons', 1_000))
    .addOption(option.rounds())
    .addOption(
      new Option('--counts <n,…>', 'numbers of processes, with commas between')
        .argParser(wholeNumbers)
        .default([1, 2, 4], '1,2,4'),
    )
    .addOption(option.temporal())
    .addOption(option.json())
    .action((options: Sized & { counts: readonly number[] }) =>
      show(options, (context) => parts.workers(context, options)),
    );
  program
    .command('latency')
    .description('from a commit at EMS to its arrival at TagServer: sweeps alone, and with the listener')
    .option('--changes <n>', 'number of changes for each way', wholeNumber, 200)
    .option('--pause <ms>', 'pause between two changes', wholeNumber, 500)
    .addOption(option.temporal())
    .addOption(option.json())
    .action((options: Common & { changes: number; pause: number }) =>
      show(options, (context) => parts.latency(context, options)),
    );
  program
    .command('on-demand')
    .description('an on-demand sync, from the request to its outcome, during the first load')
    .addOption(option.size("participants of the sample's main event; 410 make some 2,000 rows", 410))
    .addOption(option.temporal())
    .addOption(option.json())
    .action((options: Common & { size: number }) => show(options, (context) => parts.onDemand(context, options)));
  program
    .command('hostile')
    .description(
      'an on-demand sync, without and beside a target that answers the same worker with all that could block it',
    )
    .option('--requests <n>', 'requests in each half of a round', wholeNumber, 60)
    .addOption(option.rounds())
    .addOption(option.temporal())
    .addOption(option.json())
    .action((options: Common & { requests: number; rounds: number }) =>
      show(options, (context) => parts.hostile(context, options)),
    );
  program
    .command('outage')
    .description(
      'persons change while MailChimp is down; what TagServer notices, what stays open, what is sent afterwards',
    )
    .addOption(option.size('persons that change twice while it is down', 20_000))
    .option('--seconds <n>', 'how long it is down', wholeNumber, 180)
    .addOption(option.temporal())
    .addOption(option.json())
    .action((options: Common & { size: number; seconds: number }) =>
      show(options, (context) => parts.outage(context, options)),
    );
  program
    .command('asked')
    .description('one person is asked for again and again: answers, histories, memory')
    .option('--requests <n>', 'requests, ten at once', wholeNumber, 50_000)
    .addOption(option.temporal())
    .addOption(option.json())
    .action((options: Common & { requests: number }) => show(options, (context) => parts.asked(context, options)));
  program
    .command('failing')
    .description('many persons fail at TagServer: what their retries cost, and how they end')
    .addOption(option.size('persons that fail', 1_000))
    .option('--seconds <n>', 'how long their retries are measured', wholeNumber, 600)
    .addOption(option.temporal())
    .addOption(option.json())
    .action((options: Common & { size: number; seconds: number }) =>
      show(options, (context) => parts.failing(context, options)),
    );
  program
    .command('detection')
    .description("PostgreSQL's CPU and page reads for finding what is due, by the number of persons")
    .addOption(
      new Option('--sizes <n,…>', 'numbers of persons, with commas between')
        .argParser(wholeNumbers)
        .default([10_000, 100_000, 1_000_000], '10000,100000,1000000'),
    )
    .addOption(option.json())
    .action((options: Pick<Common, 'json'> & { sizes: readonly number[] }) =>
      show(options, (context) => parts.detection(context, options)),
    );
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
