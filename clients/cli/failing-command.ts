import { InvalidArgumentError, Option, type Command } from 'commander';
import { processArgument } from './arguments.ts';

/** Adds the options of `ems-sync failing`. */
export function addFailing(command: Command): void {
  command
    .option('--process <process>', 'only of this process, for example TAGSERVER', processArgument)
    .option('--type <type>', 'only of this type, for example Person')
    .option('--code <code>', 'only with this code, for example TAGSERVER-409-DUPLICATE-BIB')
    .addOption(new Option('--group <by>', 'count them instead').choices(['code', 'type', 'process']).conflicts('limit'))
    .addOption(new Option('--limit <rows>', 'how many rows at most').argParser(rowLimit).default(50))
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./failing.ts')).failing(options));
}

function rowLimit(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 100_000) throw new InvalidArgumentError('It is 1 to 100000 rows.');
  return value;
}
