import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { localFolder } from '../local/folders.ts';
import { inspect } from '../local/leftover.ts';

const demos = join(localFolder, 'demo');

/**
 * Creates a folder for this demo's data, so that several demos can run at once. Removes the folders of killed demos.
 */
export function makeRunFolder(): string {
  mkdirSync(demos, { recursive: true });
  for (const name of readdirSync(demos)) {
    if (!isRunningDemo(Number(name.split('-')[0]))) rmSync(join(demos, name), { recursive: true, force: true });
  }
  const folder = join(demos, `${process.pid}-${randomBytes(3).toString('hex')}`);
  mkdirSync(folder);
  return folder;
}

/** Whether the process is a demo, a benchmark or a chaos run. Process ids are reused. */
export function isRunningDemo(pid: number): boolean {
  return /\b(demo|bench|chaos)\/main\.ts\b/.test(inspect(pid)?.command ?? '');
}
