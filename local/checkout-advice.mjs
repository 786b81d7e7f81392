// Plain JavaScript for any Node from 18 on: set-up uses it.
import { fileURLToPath } from 'node:url';
import { resolve } from 'node:path';

const ROOT = resolve(fileURLToPath(new URL('..', import.meta.url)));

/**
 * Advice for a file of the checkout that we may not write, usually because another user has set it up. Undefined if
 * `error` is something else.
 *
 * @param {unknown} error
 * @param {string} [root] the project's folder
 * @returns {string | undefined}
 */
export function checkoutAdvice(error, root = ROOT) {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  if (error.code !== 'EACCES' && error.code !== 'EPERM' && error.code !== 'EROFS') return undefined;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : root;
  if (!path.startsWith(root)) return undefined;
  return (
    `Cannot write to ${path} (${error.code}): this checkout belongs to another user, or is read-only.\n` +
    `What to do: run the command as the owner of ${root}, or work in a clone of your own (git clone ${root} FOLDER).`
  );
}
