import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, whatever the working directory is. */
export const projectFolder = realpathSync(resolve(fileURLToPath(new URL('..', import.meta.url))));

/** Data of local servers. Not in git; safe to delete while nothing runs. */
export const localFolder = join(projectFolder, '.local');

export const logFolder = join(localFolder, 'logs');

/** A short unique name for this checkout, for our files outside of it. */
export const checkoutName = `ems-sync-${createHash('sha256').update(projectFolder).digest('hex').slice(0, 10)}`;
