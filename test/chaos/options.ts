import { Command, InvalidArgumentError } from 'commander';

export interface ChaosOptions {
  /** The same seed gives the same sample, and draws the same changes and faults. Their moments depend on the machine. */
  readonly seed: number;
  /** How long faults happen. Settling comes after it. */
  readonly minutes: number;
  /** Participants of the sample's main event. */
  readonly size: number;
  /** At the end TagServer is restored from a backup made at the beginning, and repaired as an operator does. */
  readonly restore: boolean;
}

/**
 * Reads the arguments of `npm run chaos --`.
 *
 * @throws CommanderError for wrong use, after printing it, and with exit code 0 for `--help`.
 */
export function parseOptions(args: readonly string[]): ChaosOptions {
  return new Command('npm run chaos --')
    .description(
      'Runs the whole system while data change on all sides and programs, servers and connections fail, then checks what is left.',
    )
    .helpOption('--help', 'show this')
    .option('--seed <n>', 'same seed, same sample, changes and faults', wholeNumber(0, 2 ** 31 - 1), 1)
    .option('--minutes <n>', 'how long faults happen, 1 to 600', wholeNumber(1, 600), 3)
    .option('--size <n>', "participants of the sample's main event, 1 to 10000", wholeNumber(1, 10_000), 40)
    .option('--restore', 'restore TagServer from a backup at the end, and repair it', false)
    .allowExcessArguments(false)
    .exitOverride()
    .parse(args, { from: 'user' })
    .opts<ChaosOptions>();
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}
