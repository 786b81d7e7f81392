#!/usr/bin/env node
// Plain JavaScript for any Node from 18 on: starts the command line with the Node of node_modules.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const node = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
const main = fileURLToPath(new URL('cli/main.ts', import.meta.url));

if (!existsSync(node)) {
  console.error('ems-sync is not set up yet: run npm run setup');
  process.exit(1);
}

// Types are stripped once, not at every command. A folder that cannot be written does no harm.
const NODE_COMPILE_CACHE = fileURLToPath(new URL('../.local/compile-cache', import.meta.url));
const env = { NODE_COMPILE_CACHE, ...process.env };
const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit', env });
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => child.kill(signal));
child.once('error', (error) => {
  console.error(`Cannot run ${node}: ${error.message}. Run npm run setup.`);
  process.exit(1);
});
child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0)));
