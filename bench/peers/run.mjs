// One contender in a process of its own: node bench/peers/run.mjs NAME, with its job as JSON in BENCH_JOB.
// It prints `ready`, begins with the first line that it reads, prints `done`, and ends with its standard input.
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * Each prepares, and returns what is measured. Loaded one by one, so that none pays for another's memory.
 *
 * @type {Record<string, () => Promise<(job: import('./job.mjs').Job) => Promise<() => Promise<void>>>>}
 */
const CONTENDERS = {
  loop: async () => (await import('./loop.mjs')).loop,
  'loop-bulk': async () => (await import('./loop.mjs')).loop,
  'graphile-worker': async () => (await import('./graphile-worker.mjs')).graphileWorker,
  'pg-boss': async () => (await import('./pg-boss.mjs')).pgBoss,
  dbos: async () => (await import('./dbos.mjs')).dbos,
  'temporal-child': async () => (await import('./temporal-child.mjs')).temporalChild,
};

const lines = createInterface({ input: process.stdin });
lines.once('close', () => process.exit());
const load = CONTENDERS[process.argv[2] ?? ''];
if (load === undefined) throw new Error(`there is no contender ${process.argv[2]}`);
const start = await load();
const work = await start(JSON.parse(process.env['BENCH_JOB'] ?? '{}'));
console.log('ready');
await once(lines, 'line');
await work();
console.log('done');
