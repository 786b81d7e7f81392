import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { localFolder, projectFolder } from '../local/folders.ts';
import { type DemoEnvironment, shellLines } from './environment.ts';
import { isRunningDemo } from './run-folder.ts';

const WRITER = /^# Demo of process (\d+)\n/;

export interface EnvironmentFile {
  /** Relative to the project's folder, for display. */
  readonly path: string;
  remove(): void;
}

/**
 * Writes the settings for commands that work on this demo: to `.local/demo.env`, or to the run's own folder if another
 * demo uses that file. Only its owner can read it, because it contains the database's password.
 */
export function writeEnvironmentFile(runFolder: string, environment: DemoEnvironment): EnvironmentFile {
  const shared = join(localFolder, 'demo.env');
  const file = isTaken(shared) ? join(runFolder, 'demo.env') : shared;
  rmSync(file, { force: true });
  writeFileSync(file, `# Demo of process ${process.pid}\n${shellLines(environment)}`, { mode: 0o600 });
  return {
    path: relative(projectFolder, file),
    remove() {
      if (writerOf(file) === process.pid) rmSync(file, { force: true });
    },
  };
}

function isTaken(file: string): boolean {
  const pid = writerOf(file);
  return pid !== undefined && isRunningDemo(pid);
}

function writerOf(file: string): number | undefined {
  try {
    return Number(WRITER.exec(readFileSync(file, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}
