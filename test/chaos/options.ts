import { Command, Option, InvalidArgumentError } from 'commander';

/** Targets by the name of the option. */
export const RESTORABLE = {
  tagserver: 'TAGSERVER',
  mautic: 'MAUTIC',
  mailchimp: 'MAILCHIMP',
} as const;

export type Restorable = 'ems' | keyof typeof RESTORABLE;

export interface ChaosOptions {
  /** The same seed gives the same sample, and draws the same changes and faults. Their moments depend on the machine. */
  readonly seed: number;
  /** How long faults happen. Settling comes after it. */
  readonly minutes: number;
  /** Participants of the sample's main event. */
  readonly size: number;
  /** Restored at the end from a backup made at the beginning, by an operator's steps. */
  readonly restore?: Restorable;
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
    .addOption(
      new Option('--restore <what>', "at the end, restore it from a backup by an operator's steps").choices([
        'ems',
        ...Object.keys(RESTORABLE),
      ]),
    )
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
