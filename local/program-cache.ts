import { accessSync, constants, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { localFolder } from './folders.ts';

/** Prefix of folders in the cache that are still being filled. */
export const DRAFT_PREFIX = 'fetching-';

/** The first program of that name on the PATH of `env`. */
export function findOnPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((file) => isAccessible(file, constants.X_OK) && statSync(file).isFile());
}

/**
 * The folder `name` in the user's cache, which outlives this checkout. In the project's folder if the cache is not
 * writable.
 */
export function cacheFolder(name: string, env: NodeJS.ProcessEnv): string | { readonly problem: string } {
  const base = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  for (const folder of [join(base, 'ems-sync', name), join(localFolder, 'cache', name)]) {
    try {
      mkdirSync(folder, { recursive: true });
      accessSync(folder, constants.W_OK | constants.X_OK);
      return folder;
    } catch {
      continue;
    }
  }
  return { problem: `Neither ${base} nor ${localFolder} can be written` };
}

/** Removes what interrupted runs left. Call it only while holding the lock of `folder`. */
export function removeDrafts(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(DRAFT_PREFIX)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** The line of a program's output that best explains its failure. */
export function lastLine(output: string): string {
  const lines = output.trim().split('\n');
  return lines.findLast((line) => /error|fail|cannot|unable/i.test(line))?.trim() ?? lines.at(-1) ?? '';
}

function isAccessible(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch {
    return false;
  }
}
