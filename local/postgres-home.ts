import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { localFolder } from './folders.ts';
import { canReach, reachableFolder, type ServerUser } from './postgres-binaries.ts';

const defaultFolder = join(localFolder, 'postgres');

/** The user to run PostgreSQL as. Undefined unless we are root. */
export function serverUser(folder: string | undefined): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  // Existing data belong to the user who ran the server before.
  const owner = statSync(join(folder ?? defaultFolder, 'data'), { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  // Every Linux and macOS has `nobody`, so no user must be added.
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      continue;
    }
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is no user "postgres" or "nobody" to run it as. Run as an ordinary user.',
  );
}

/**
 * Creates the folder to work in: `folder` itself for a persistent server, else a new one beside it. It is under the
 * system's temporary folder if `user` cannot enter the checkout.
 */
export function serverFolder(
  options: { readonly folder?: string; readonly persistent: boolean },
  user: ServerUser | undefined,
): string {
  const wanted = resolve(options.folder ?? defaultFolder);
  mkdirSync(options.persistent ? wanted : dirname(wanted), { recursive: true });
  const reachable = user === undefined || canReach(user, options.persistent ? wanted : dirname(wanted));
  if (reachable) return options.persistent ? wanted : mkdtempReadable(`${wanted}-`);
  const base = reachableFolder(user);
  if (!options.persistent) return mkdtempReadable(join(base, 'postgres-'));
  const name = wanted === defaultFolder ? 'postgres' : `postgres${wanted.replaceAll(/[^A-Za-z0-9]+/g, '-')}`;
  const folder = join(base, name);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  return folder;
}

function mkdtempReadable(prefix: string): string {
  const folder = mkdtempSync(prefix);
  chmodSync(folder, 0o755);
  return folder;
}
