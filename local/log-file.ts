import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { logFolder } from './folders.ts';

const KEPT_MS = 24 * 60 * 60 * 1000;
let count = 0;

/** Path of a new log file under `.local/logs`, one for each start of `name`. Removes those older than a day. */
export function newLogFile(name: string): string {
  mkdirSync(logFolder, { recursive: true });
  for (const file of readdirSync(logFolder)) {
    if (!file.startsWith(`${name}-`)) continue;
    const path = join(logFolder, file);
    if (Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > KEPT_MS) rmSync(path, { force: true });
  }
  // Each test file in a jest process starts its own count, and process ids are reused.
  for (;;) {
    count += 1;
    const path = join(logFolder, `${name}-${process.pid}-${count}.log`);
    if (!existsSync(path)) return path;
  }
}

/** The end of a log, indented, for an error message. Empty if there is none. */
export function lastLines(file: string, lines = 15): string {
  try {
    return readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(-lines)
      .map((line) => `  ${line}`)
      .join('\n');
  } catch {
    return '';
  }
}
