import { Command, CommanderError } from 'commander';
import { loadEnvironment } from '../../settings/load-environment.ts';
import { readSettings } from '../../settings/read-settings.ts';
import type { CommonSettings } from '../../settings/schema.ts';
import { addCheck } from './check.ts';
import { addConflicts } from './conflicts.ts';
import { addErase } from './erase.ts';
import { failureOf } from './failures.ts';
import { addLink, addUnlink } from './link.ts';
import { addMigrate } from './migrate.ts';
import { complain } from './output.ts';
import { addRetry } from './retry.ts';
import { addSchedules } from './schedules.ts';
import { addStatus } from './status.ts';
import { addSweep } from './sweep.ts';
import { addSync } from './sync.ts';
import { addWhy } from './why.ts';

const COMMANDS = [
  addCheck,
  addMigrate,
  addSchedules,
  addSync,
  addSweep,
  addStatus,
  addWhy,
  addRetry,
  addConflicts,
  addLink,
  addUnlink,
  addErase,
];

// Whoever reads our output has seen enough: `ems-sync status | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

/** `ems-sync`: exit code 0, 1 (failed) or 2 (wrong use, wrong settings). */
async function main(args: readonly string[]): Promise<void> {
  const program = new Command('ems-sync')
    .description('Keeps target systems in step with EMS, on Temporal.')
    .addHelpText('after', '\nExample: npx ems-sync check')
    .showHelpAfterError('(add --help for what it takes)')
    .exitOverride();
  for (const add of COMMANDS) add(program);
  try {
    await program.parseAsync(args);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has written what is wrong; it ends with 0 only where help was asked for.
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    const { lines, exitCode } = failureOf(error, servers());
    for (const line of lines) complain(line);
    process.exitCode = exitCode;
  }
}

function servers(): CommonSettings | null {
  try {
    return readSettings(loadEnvironment()).common;
  } catch {
    return null;
  }
}

await main(process.argv);
