// Plain JavaScript for any Node from 18 on. Usage: node local/run.mjs FILE [args…]
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setup, SetupError } from './setup.mjs';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const [file, ...args] = process.argv.slice(2);

if (file === undefined) {
  console.error('Usage: node local/run.mjs FILE [args…], FILE relative to the project folder');
  process.exit(2);
}

try {
  run(await setup(), resolve(root, file));
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error);
  process.exit(1);
}

/**
 * @param {string} node
 * @param {string} program
 */
function run(node, program) {
  const child = spawn(node, [program, ...args], {
    stdio: 'inherit',
    env: {
      // Types are stripped once, not by every process: what starts often starts in two thirds of the time.
      NODE_COMPILE_CACHE: join(root, '.local', 'compile-cache'),
      ...process.env,
      PATH: [join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter),
    },
  });
  // On a terminal, Ctrl-C reaches the child by itself as well; `stop-signals.ts` takes such echoes as one.
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal));
  // npm starts us through a shell, and a SIGTERM to npm ends that shell without a word to us.
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event !== undefined)
    setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 1_000).unref();
  child.once('error', (error) => {
    console.error(`Cannot run ${node}: ${error.message}. Remove node_modules and run the command again.`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0)));
}
