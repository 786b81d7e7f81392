import { Command, InvalidArgumentError } from 'commander';

import { generateFederation } from './generate-federation.ts';
import { keepChanging } from './keep-changing.ts';
import { isEmptyEms, LoadError, loadFederation, withConnection } from './load-federation.ts';
import { tableOrder } from './rows.ts';

const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d+$/u.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };

/** Writes one line of JSON per event to standard output: ids and counts, never content. */
function announce(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

interface SeedOptions {
  readonly databaseUrl: string;
  readonly seed: number;
  readonly size: number;
  readonly now?: string;
  readonly withImpossible: boolean;
  readonly ifEmpty: boolean;
}

async function seedDatabase(options: SeedOptions): Promise<void> {
  const { databaseUrl, seed, size, now = Temporal.Now.instant().toString(), withImpossible, ifEmpty } = options;
  await withConnection(databaseUrl, async (client) => {
    if (ifEmpty && !(await isEmptyEms(client))) {
      announce({ seeded: false, reason: 'the EMS tables hold rows already' });
      return;
    }
    const federation = generateFederation({ seed, size, now, withImpossible });
    await loadFederation(client, federation);
    const rows = Object.fromEntries(tableOrder.map((table) => [table, federation.tables[table].length]));
    announce({ seeded: true, seed, size, now, rows });
  });
}

interface ChangeCommandOptions {
  readonly databaseUrl: string;
  readonly seed: number;
  readonly everyMs: number;
}

async function changeDatabase({ databaseUrl, seed, everyMs }: ChangeCommandOptions): Promise<void> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  await keepChanging({
    databaseUrl,
    seed,
    everyMs,
    signal: stop.signal,
    onChange: announce,
    onTrouble: (code) => announce({ trouble: code, remedy: 'is the database up and migrated? trying again' }),
  });
}

const program = new Command('ems')
  .description('A sample EMS: fills its tables, and keeps changing them.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program
  .command('seed')
  .description('fill empty EMS tables with an invented federation')
  .requiredOption('--database-url <url>', 'PostgreSQL database with the EMS tables')
  .option('--seed <n>', 'same seed, same rows', wholeNumber(0, Number.MAX_SAFE_INTEGER), 1)
  .option('--size <n>', 'participants of the main event', wholeNumber(1, 10_000), 500)
  .option('--now <instant>', 'moment of the sample, RFC 3339 (default: the clock)')
  .option('--with-impossible', 'add a few rows that TagServer cannot take', false)
  .option('--if-empty', 'succeed without a change where there are rows already', false)
  .action(seedDatabase);

program
  .command('change')
  .description('keep changing rows until interrupted')
  .requiredOption('--database-url <url>', 'PostgreSQL database with the EMS tables')
  .option('--seed <n>', 'seed of the choices', wholeNumber(0, Number.MAX_SAFE_INTEGER), 1)
  .option('--every-ms <ms>', 'pause between two changes', wholeNumber(1, 3_600_000), 1000)
  .action(changeDatabase);

try {
  await program.parseAsync();
} catch (error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // A database error's text may quote a row; the texts of these errors do not.
  const safe = error instanceof LoadError || error instanceof RangeError || /^E[A-Z]+$/u.test(code);
  const text =
    safe && error instanceof Error ? error.message || code : `The database refused (SQLSTATE ${code || 'unknown'}).`;
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}
