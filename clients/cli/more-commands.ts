import { Argument, type Command } from 'commander';
import { processArgument, SHELLS, type Shell } from './arguments.ts';

/** Adds the options of `ems-sync status`. */
export function addStatus(command: Command): void {
  command
    .addHelpText('after', 'One entity in detail: npx ems-sync why Person 4711')
    .option('--process <process>', 'only of this process, for example TAGSERVER', processArgument)
    .option('--exit-code', 'exit with 1 unless everything is in step')
    .option('--json', 'print JSON')
    .action(async (options) => (await import('./status.ts')).status(options));
}

/** Adds the arguments of `ems-sync completion`. */
export function addCompletion(command: Command, program: Command): void {
  command.addArgument(new Argument('<shell>', 'the shell').choices(SHELLS)).action(async (shell: Shell) => {
    const { completionScript } = await import('./completion.ts');
    process.stdout.write(completionScript(program, shell));
  });
}
