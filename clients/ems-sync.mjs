#!/usr/bin/env node
// Plain JavaScript for Node 18 or later: runs the command line on the Node of node_modules, or on this one if it is as
// new. A second process would double the time of `--help`.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The version of `node` in package.json. */
const MAJOR = 26;

const node = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
const main = new URL('cli/main.ts', import.meta.url);

// Cache the stripped types for later commands. If the folder is not writable, commands still work.
const NODE_COMPILE_CACHE =
  process.env.NODE_COMPILE_CACHE ?? fileURLToPath(new URL('../.local/compile-cache', import.meta.url));

if (!existsSync(node)) {
  console.error('ems-sync is not set up yet: run npm run setup');
  process.exitCode = 1;
} else if (Number(process.versions.node.split('.')[0]) === MAJOR) {
  module.enableCompileCache?.(NODE_COMPILE_CACHE);
  await import(main.href);
} else {
  const env = { ...process.env, NODE_COMPILE_CACHE };
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit', env });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    console.error(`Cannot run ${node}: ${error.message}. Run npm run setup.`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0)));
}
