import { Command, InvalidArgumentError, Option } from 'commander';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { SIMULATED_TARGETS } from './simulated-targets.ts';
import { TEMPORAL_KINDS, type TemporalKind } from './start-temporal.ts';

export interface DemoOptions {
  /** End when every process is in sync, instead of staying up. */
  readonly once: boolean;
  /** Participants of the sample's main event. */
  readonly size: number;
  /** The same seed gives the same sample and the same changes. */
  readonly seed: number;
  /** With `once`: how long syncing may take once everything has been started, in seconds. */
  readonly timeout: number;
  readonly only: readonly SyncProcessName[];
  readonly temporal: TemporalKind;
}

const EVERY_TARGET = SIMULATED_TARGETS.map(({ process }) => process);

/**
 * Reads the arguments of `npm run demo --`.
 *
 * @throws CommanderError for wrong use, after printing it, and with exit code 0 for `--help`.
 */
export function parseOptions(args: readonly string[]): DemoOptions {
  const command = new Command('npm run demo --')
    .description('Shows ems-sync at work on servers of its own, with a sample EMS and simulated targets.')
    .helpOption('--help', 'show this')
    .option('--once', 'end when every process is in step: exit code 0, and its counts as JSON in the last line', false)
    .option('--size <n>', "participants of the sample's main event, 1 to 10000", wholeNumber(1, 10_000), 500)
    .option('--only <names>', `only these processes, with commas between: ${EVERY_TARGET.join(', ')}`, processes)
    .option('--seed <n>', 'same seed, same sample', wholeNumber(0, Number.MAX_SAFE_INTEGER), 1)
    .option(
      '--timeout <seconds>',
      'with --once: give up this many seconds after the sweeps have begun, exit code 1',
      wholeNumber(1, 86_400),
      1_200,
    )
    .addOption(
      new Option('--temporal <kind>', "dev: Temporal's development server; postgres: the full server, on PostgreSQL")
        .choices(TEMPORAL_KINDS)
        .default('dev' satisfies TemporalKind),
    )
    .allowExcessArguments(false)
    .exitOverride()
    .parse(args, { from: 'user' });
  const { only = EVERY_TARGET, ...rest } = command.opts<Omit<DemoOptions, 'only'> & Partial<DemoOptions>>();
  return { ...rest, only };
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}

function processes(text: string): SyncProcessName[] {
  const names = text.split(',').map((name) => name.trim());
  return [...new Set(names)].map((name) => {
    const known = EVERY_TARGET.find((process) => process === name);
    if (known !== undefined) return known;
    throw new InvalidArgumentError(`There is no process "${name}"; there is: ${EVERY_TARGET.join(', ')}.`);
  });
}
