import type { Command } from 'commander';
import { keyArgument, keysArgument, processArgument } from './arguments.ts';
import { CommandError } from './command-error.ts';

type Add = (name: string, description: string, ...examples: readonly string[]) => Command;

/** The commands that look before they act. */
export function addPlan(add: Add, withTimeout: (command: Command) => Command): void {
  add(
    'plan',
    'what the next sweep would create, change, delete, suppress, park and hold; writes nothing, needs no worker',
    'plan MAUTIC',
    'plan TAGSERVER Person --out plan.json',
  )
    .argument('<process>', 'for example MAUTIC; its settings suffice', processArgument)
    .argument('[type...]', 'for example Person; all if left out')
    .option('--out <file>', 'write every change there, for ems-sync apply')
    .option('--values', 'show personal values, which are masked otherwise')
    .option('--json', 'print JSON, with every change')
    .action(async (process, types, options) => (await import('./plan.ts')).plan(process, types, options));

  withTimeout(
    add(
      'apply',
      'do exactly what a plan says; nothing, if something has moved since it was made',
      'apply plan.json',
    ).argument('<file>', 'made by ems-sync plan … --out FILE'),
  ).action(async (file, options) => (await import('./apply.ts')).apply(file, options));

  withTimeout(
    add(
      'resend',
      'send rows in full, whatever our records say, for example after somebody changed them at the target',
      'resend TAGSERVER Person 4711',
      'resend TAGSERVER Event 12 --with-children --wait',
    )
      .argument('<process>', 'for example TAGSERVER', processArgument)
      .argument('<type>', 'for example Event')
      .argument('<id...>', 'ids of EMS rows', keysArgument)
      .option('--with-children', 'with everything below: of an event its races, groups, participants and tags')
      .option('--wait', 'wait for the results; exit 1 unless all are in sync'),
  ).action(async (process, type, keys, options) => (await import('./resend.ts')).resend(process, type, keys, options));

  withTimeout(
    add(
      'resync',
      'have all rows that fit looked at again, due or not',
      'resync MAUTIC Person 4711 4712',
      'resync TAGSERVER --event 12 --since 2026-11-30T08:00:00Z',
    )
      .argument('<process>', 'for example TAGSERVER', processArgument)
      .argument('[type]', 'for example Person')
      .argument('[id...]', 'ids of EMS rows', keysArgument)
      .option('--event <id>', 'an event and everything below it', keyArgument)
      .option('--since <time>', 'changed in EMS at this time or later, for example 2026-11-30T08:00:00Z', timeArgument)
      .option('--until <time>', 'changed in EMS before this time', timeArgument)
      .option(
        '--code <code>',
        'fails, or is parked, with this code; npx ems-sync failing --group code shows those there are',
      )
      .option('--resend', 'also send what is recorded as delivered')
      .option('--wait', 'wait for the results; exit 1 unless all are in sync'),
  ).action(async (process, type, keys, options) => (await import('./resync.ts')).resync(process, type, keys, options));
}

/** The command that looks at the target itself, not at our records. */
export function addCompare(add: Add, withTimeout: (command: Command) => Command): void {
  withTimeout(
    add(
      'compare',
      'compare what a target holds with EMS, record by record: missing, different, merged, extra; exit 1 if something differs',
      'compare TAGSERVER',
      'compare MAUTIC Person --repair',
    )
      .argument('<process>', 'for example TAGSERVER', processArgument)
      .argument('[type...]', 'for example Person; all if left out')
      .option('--repair', 'have what differs synced again, by its own workflows')
      .option('--from <row>', 'go on after this row, for example Person/4711, where an earlier comparison has stopped'),
  ).action(async (process, types, options) => (await import('./compare.ts')).compare(process, types, options));
}

/** A time as RFC 3339. @throws CommandError */
function timeArgument(text: string): string {
  try {
    return Temporal.Instant.from(text).toString();
  } catch {
    throw new CommandError(2, `${text} is not a time; for example 2026-11-30T08:00:00Z`);
  }
}
