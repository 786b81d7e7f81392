import { CommanderError } from 'commander';
import type { CommonSettings } from '../../settings/schema.ts';
import { visibleLines } from '../visible-text.ts';
import { CommandError } from './command-error.ts';
import { createProgram } from './program.ts';

// The reader of our output may stop early: `ems-sync status | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

/** `ems-sync`: exit code 0, 1 (failed) or 2 (wrong use, wrong settings). */
async function main(args: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(args);
  } catch (error) {
    const { lines, exitCode } = await failure(error);
    for (const line of lines) process.stderr.write(`${visibleLines(line)}\n`);
    process.exitCode = exitCode;
  }
}

async function failure(error: unknown): Promise<{ readonly lines: readonly string[]; readonly exitCode: number }> {
  // Commander has already printed the error; its exit code is 0 only for help and the version.
  if (error instanceof CommanderError) return { lines: [], exitCode: error.exitCode === 0 ? 0 : 2 };
  if (error instanceof CommandError) return { lines: [error.message], exitCode: error.exitCode };
  const { failureOf } = await import('./failures.ts');
  return failureOf(error, await servers());
}

async function servers(): Promise<CommonSettings | null> {
  const { loadEnvironment } = await import('../../settings/load-environment.ts');
  const { readSettings } = await import('../../settings/read-settings.ts');
  try {
    return readSettings(loadEnvironment()).common;
  } catch {
    return null;
  }
}

await main(process.argv);
