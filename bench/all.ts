import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { localFolder } from '../local/folders.ts';
import { FIRST_LOAD } from './first-load.ts';
import { type Findings, type PartContext, parts } from './parts.ts';
import { STEADY } from './steady.ts';

export interface AllOptions {
  readonly rounds: number;
  /** Persons of the first loads. */
  readonly size: number;
}

/** Rows that change in the part `steady`. */
const STEADY_SIZE = 300;
const LATENCY = { changes: 40, pause: 500, temporal: 'dev' } as const;

/** Every part, one after another, with sizes for two cores. Each part alone can be run with its own. */
export async function all({ stack, say }: PartContext, { rounds, size }: AllOptions): Promise<Findings> {
  const sized = { rounds, temporal: 'dev' } as const;
  const runs: Readonly<Record<string, (context: PartContext) => Promise<Findings>>> = {
    'first-load': (context) => parts.firstLoad(context, { ...sized, size, only: FIRST_LOAD }),
    steady: (context) => parts.steady(context, { ...sized, size: Math.min(size, STEADY_SIZE), only: STEADY }),
    latency: (context) => parts.latency(context, LATENCY),
    detection: (context) => parts.detection(context, { sizes: [10_000, 100_000] }),
    workers: (context) => parts.workers(context, { ...sized, size, counts: [1, 2, 4] }),
    'workers --temporal postgres': (context) =>
      parts.workers(context, { ...sized, temporal: 'postgres', size, counts: [1, 2] }),
  };
  const found: [string, Findings][] = [];
  for (const [name, run] of Object.entries(runs)) {
    say(`\n${name} …`);
    const own = stack.use(new AsyncDisposableStack());
    found.push([name, await run({ stack: own, say })]);
    await own.disposeAsync();
  }
  const json = Object.fromEntries(found.map(([name, findings]) => [name, findings.json]));
  return { table: found.map(([name, { table }]) => `${name}\n${table}`).join('\n\n'), json };
}

/** @returns the path. */
export function writeJson(json: object): string {
  mkdirSync(localFolder, { recursive: true });
  const path = join(localFolder, 'bench.json');
  writeFileSync(path, `${JSON.stringify(json, null, 2)}\n`);
  return path;
}
