// Plain JavaScript for any Node from 18 on: this runs before the project's own Node 26 is installed.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkoutAdvice } from './checkout-advice.mjs';
import { withLock } from './lock.mjs';
import { endLeftoverNpm, runNpm } from './npm-install.mjs';
import { withProgress } from './progress.mjs';
import { exitCodeOf } from './stop-request.mjs';

const ROOT = resolve(fileURLToPath(new URL('..', import.meta.url)));

/** A set-up step failed. The message says which, why, and what to do. */
export class SetupError extends Error {
  /** The exit code of the command that needed the set-up. */
  exitCode = 1;
}

/** The set-up was stopped, for example with Ctrl-C. */
export class SetupStoppedError extends SetupError {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`Set-up was stopped (${signal}); npm has been ended. Run the command again to start over.`);
    this.stoppedBy = signal;
    this.exitCode = exitCodeOf(signal);
  }
}

/**
 * Installs the packages of the lock file, including Node 26. Returns quickly if that is done.
 *
 * @param {string} [root] the project's folder
 * @returns {Promise<string>} path of the project's own Node
 * @throws {SetupError}
 */
export async function setup(root = ROOT) {
  const node = nodePath(root);
  if (isDone(root)) return node;
  const lock = join(root, '.local', 'setup.lock');
  const locked = withLock(
    lock,
    async () => {
      if (isDone(root)) return;
      await endLeftoverNpm(root);
      if (!isInstalled(root)) await install(root);
      await checkNode(root);
      writeFileSync(stampPath(root), fingerprint(root));
    },
    { onWait: tellWait },
  );
  await locked.catch((error) => {
    const advice = checkoutAdvice(error, root);
    if (advice !== undefined) throw new SetupError(advice);
    throw error;
  });
  return node;
}

/** @param {string} holder */
function tellWait(holder) {
  console.error(`Another set-up is running (${holder}); waiting for it …`);
}

/** @param {string} root */
const nodePath = (root) => join(root, 'node_modules', 'node', 'bin', 'node');

/** @param {string} root */
const stampPath = (root) => join(root, 'node_modules', '.ems-sync-setup');

/** Includes the platform: a copied checkout may contain binaries of another one. @param {string} root */
function fingerprint(root) {
  const lockFile = readFileSync(join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lockFile).digest('hex')} ${process.platform}-${process.arch}\n`;
}

/** @param {string} root */
function isDone(root) {
  try {
    return readFileSync(stampPath(root), 'utf8') === fingerprint(root) && existsSync(nodePath(root));
  } catch {
    return false;
  }
}

/**
 * Whether npm's own record of node_modules matches the lock file, for instance after `npm install`. npm writes the record
 * last, so an interrupted install does not match.
 *
 * @param {string} root
 */
function isInstalled(root) {
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
    const present = JSON.parse(readFileSync(join(root, 'node_modules', '.package-lock.json'), 'utf8')).packages;
    return (
      existsSync(nodePath(root)) &&
      Object.entries(wanted).every(
        ([path, { version, optional }]) =>
          path === '' || (present[path] === undefined ? optional === true : present[path].version === version),
      )
    );
  } catch {
    return false;
  }
}

/**
 * `npm ci` refuses a lock file that lacks optional packages of *other* platforms. `npm install` takes the same exact
 * versions from it. Like `npm ci`, it starts with an empty node_modules: an interrupted install may have left broken
 * packages.
 *
 * @param {string} root
 */
async function install(root) {
  const log = join(root, '.local', 'logs', 'npm-install.log');
  mkdirSync(join(root, '.local', 'logs'), { recursive: true });
  await withProgress('Installing dependencies from the lock file (npm install, about a minute)', async () => {
    await rm(join(root, 'node_modules'), { recursive: true, force: true });
    // Install the tools of demo and tests even with NODE_ENV=production.
    const include = ['--include=dev', '--include=optional'];
    const args = ['install', '--no-save', ...include, '--no-audit', '--no-fund'];
    const { exit, stoppedBy } = await runNpm(root, args, log);
    if (stoppedBy !== undefined) throw new SetupStoppedError(stoppedBy);
    if (exit !== 0) throw new SetupError(npmFailure(exit, log));
  });
  if (existsSync(nodePath(root)) && !isInstalled(root))
    throw new SetupError(
      'npm installed other versions than package-lock.json names: package.json and package-lock.json do not belong together.\n' +
        'What to do: git checkout package.json package-lock.json, or run npm install to bring the lock file up to date.',
    );
}

/**
 * @param {number | string} exit
 * @param {string} log
 */
function npmFailure(exit, log) {
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
  const errors = lines.filter((line) => /^npm (ERR!|error)/.test(line)).slice(0, 12);
  return (
    `npm install failed (${exit}):\n  ${(errors.length > 0 ? errors : lines.slice(-12)).join('\n  ')}\n` +
    `The whole log: ${log}\n` +
    'What to do: check that npm reaches its registry (npm ping) and that this folder is writable, then run the command again.'
  );
}

/** @param {string} root */
async function checkNode(root) {
  const declared = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies.node;
  const wanted = String(declared).replace(/^\D*/, '').split('.')[0];
  const node = nodePath(root);
  const remedy =
    'What to do: let npm run the install script of the package "node" (not ignore-scripts=true; a newer npm also wants it ' +
    'under "allowScripts" in package.json), then: rm -rf node_modules && npm install --include=dev';
  if (!existsSync(node))
    throw new SetupError(`npm install went through, but Node ${wanted} is missing (${node}).\n${remedy}`);
  const version = await new Promise((done) => {
    const child = spawn(node, ['--version'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (out += chunk));
    child.once('error', (error) => done(error.message));
    child.once('close', () => done(out.trim()));
  });
  if (!String(version).startsWith(`v${wanted}.`))
    throw new SetupError(
      `${node} should be Node ${wanted}, but "--version" answers: ${version || 'nothing'}.\n` +
        `What to do: Node ${wanted}'s binaries need a 64-bit Linux with glibc, or macOS. If this is one, reinstall: rm -rf node_modules && npm install --include=dev`,
    );
}

/**
 * Makes `.env` from `.env.example`, with a SYNC_KEY of its own, if there is none. Only the owner may read it. Not in CI,
 * where tests bring their own settings.
 *
 * @param {string} root
 * @returns {boolean} whether it was made
 */
export function makeEnvironmentFile(root) {
  const file = join(root, '.env');
  if (existsSync(file)) return false;
  const example = readFileSync(join(root, '.env.example'), 'utf8');
  const key = randomBytes(32).toString('base64');
  writeFileSync(file, example.replace(/^#?SYNC_KEY=$/m, `SYNC_KEY=${key}`), { mode: 0o600, flag: 'wx' });
  return true;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await setup();
    if (!process.env.CI && makeEnvironmentFile(ROOT)) {
      console.error(
        'Made .env from .env.example, with a SYNC_KEY of its own: fill in the rest, and keep a copy of the key.',
      );
    }
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exit(error instanceof SetupError ? error.exitCode : 1);
  }
}
