import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { localFolder } from '../local/folders.ts';
import { inspect } from '../local/leftover.ts';

const demos = join(localFolder, 'demo');

/**
 * A new folder for what this demo keeps while it runs, so that demos run beside each other. Folders of demos that were
 * killed are removed.
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

/** Whether this is a demo, or a benchmark, which runs one: the number may be somebody else's by now. */
export function isRunningDemo(pid: number): boolean {
  return /\b(demo|bench)\/main\.ts\b/.test(inspect(pid)?.command ?? '');
}
