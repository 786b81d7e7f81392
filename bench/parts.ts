import { rmSync } from 'node:fs';
import { makeRunFolder } from '../demo/run-folder.ts';
import { type DemoSystem, startSystem } from '../demo/start-system.ts';
import type { TemporalKind } from '../demo/start-temporal.ts';
import { watchStatus } from '../demo/watch-status.ts';
import { asked, type AskedOptions, askedTable } from './asked.ts';
import { asJson, detection, detectionTable } from './detections.ts';
import { firstLoad, type FirstLoader } from './first-load.ts';
import { hostile, hostileAsJson, startHostileRemote } from './hostile.ts';
import { latency } from './latency.ts';
import { manyFailing, type ManyFailingOptions, manyFailingTable } from './many-failing.ts';
import { onDemand } from './on-demand.ts';
import { outage, type OutageOptions, outageTable } from './outage.ts';
import type { PartOptions } from './part-options.ts';
import { percentiles } from './percentiles.ts';
import { report } from './report.ts';
import { steady, type SteadyContender } from './steady.ts';
import { throughputJson, throughputTable, type Throughput } from './throughput.ts';
import { workers } from './workers.ts';

/** What a part of the benchmark has found. */
export interface Findings {
  readonly table: string;
  readonly json: object;
}

export interface PartContext {
  /** Ends the servers of the part. */
  readonly stack: AsyncDisposableStack;
  readonly say: (line: string) => void;
}

type Sized = Omit<PartOptions, 'say'>;

const ofThroughput = (throughput: Throughput): Findings => ({
  table: throughputTable(throughput),
  json: throughputJson(throughput),
});

const ofDurations = (durations: Readonly<Record<string, readonly number[]>>): Findings => ({
  table: report(durations),
  json: Object.fromEntries(Object.entries(durations).map(([way, all]) => [way, percentiles(all)])),
});

/** The parts of the benchmark, each on servers of its own. */
export const parts = {
  async firstLoad({ stack, say }: PartContext, options: Sized & { readonly only: readonly FirstLoader[] }) {
    return ofThroughput(await firstLoad(stack, { ...options, say }));
  },
  async steady({ stack, say }: PartContext, options: Sized & { readonly only: readonly SteadyContender[] }) {
    return ofThroughput(await steady(stack, { ...options, say }));
  },
  async workers({ stack, say }: PartContext, options: Sized & { readonly counts: readonly number[] }) {
    return ofThroughput(await workers(stack, { ...options, say }));
  },
  async detection({ stack, say }: PartContext, { sizes }: { readonly sizes: readonly number[] }) {
    const costs = await detection(stack, sizes, say);
    return { table: detectionTable(costs), json: asJson(costs) };
  },
  async latency(context: PartContext, { changes, pause, temporal }: LatencyPart) {
    // One person per change: a person changed twice before a sweep would arrive only once.
    const { system, runFolder } = await start(context, { temporal, size: changes });
    await watchStatus(system, new AbortController().signal, ({ inStep }) => inStep);
    const { stack, say } = context;
    const durations = latency(system, stack, say, { changes, pauseMs: pause, runFolder });
    return ofDurations(await Promise.race([durations, system.broken]));
  },
  async onDemand(context: PartContext, { size, temporal }: Pick<Sized, 'size' | 'temporal'>) {
    const { system } = await start(context, { temporal, size });
    return ofDurations(await Promise.race([onDemand(system, context.say), system.broken]));
  },
  async hostile(context: PartContext, { requests, rounds, temporal }: HostilePart) {
    const remote = await startHostileRemote(context.stack);
    const { system } = await start(context, {
      temporal,
      size: HOSTILE_SIZE,
      settings: { MAUTIC_URL: remote, MAUTIC_USERNAME: 'ems', MAUTIC_PASSWORD: 'bench' },
    });
    // The hostile target never has all.
    await watchStatus(system, new AbortController().signal, ({ processes }) =>
      Object.values(processes.TAGSERVER ?? {}).every(({ due }) => due === 0),
    );
    const result = await Promise.race([hostile(system, remote, context.say, { requests, rounds }), system.broken]);
    const { without, beside } = result;
    const json = hostileAsJson(result);
    return {
      table: `${report({ 'without it': without, 'beside a hostile target': beside })}\np95: ${json.ratioOfP95.toFixed(2)} times`,
      json,
    };
  },
  async outage({ stack, say }: PartContext, options: Omit<OutageOptions, 'say'>) {
    const result = await outage(stack, { ...options, say });
    return { table: outageTable(result), json: result };
  },
  async asked({ stack, say }: PartContext, options: Omit<AskedOptions, 'say'>) {
    const result = await asked(stack, { ...options, say });
    return { table: askedTable(result), json: result };
  },
  async failing({ stack, say }: PartContext, options: Omit<ManyFailingOptions, 'say'>) {
    const result = await manyFailing(stack, { ...options, say });
    return { table: manyFailingTable(result), json: result };
  },
} satisfies Readonly<Record<string, (context: PartContext, options: never) => Promise<Findings>>>;

/** Participants: enough persons, and few to wait for. */
const HOSTILE_SIZE = 60;

interface HostilePart {
  /** In each half of a round. */
  readonly requests: number;
  readonly rounds: number;
  readonly temporal: TemporalKind;
}

interface LatencyPart {
  readonly changes: number;
  /** Milliseconds between two changes. */
  readonly pause: number;
  readonly temporal: TemporalKind;
}

interface Starting {
  readonly temporal: TemporalKind;
  readonly size: number;
  /** Further settings of the programs. */
  readonly settings?: Readonly<Record<string, string>>;
}

const EVERY_MINUTE = '* * * * *';

async function start(
  { stack, say }: PartContext,
  { temporal, size, settings = {} }: Starting,
): Promise<{ system: DemoSystem; runFolder: string }> {
  const runFolder = makeRunFolder();
  stack.defer(() => rmSync(runFolder, { recursive: true, force: true, maxRetries: 3 }));
  const options = { size, seed: 1, only: ['TAGSERVER'], temporal, sweepCron: EVERY_MINUTE, settings } as const;
  const { signal } = new AbortController();
  return { system: await startSystem(options, { runFolder, stack, say, signal }), runFolder };
}
