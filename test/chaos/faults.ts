import { setTimeout as sleep } from 'node:timers/promises';
import { int, pick, pickWeighted, type Rng } from '../../simulators/ems/rng.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { CrashableProgram } from './crashable-program.ts';
import { fillDisk, freeDisk } from './full-disk.ts';
import type { World } from './world.ts';

interface Fault {
  /** How often it is drawn, relative to the others. */
  readonly weight: number;
  /** What happens to whom. */
  readonly name: string;
  readonly happen: () => Promise<void>;
}

/** Between two faults, in milliseconds. */
const PAUSE_MS = [1_500, 6_000] as const;

/** How long a program or server is away, in milliseconds. */
const AWAY_MS = [200, 8_000] as const;

/** Longer than the server waits for a heartbeat: another worker takes over, then the first one wakes. */
const FROZEN_MS = 40_000;

/** How long a target answers badly, in milliseconds of its clock. */
const BAD_MS = [1_000, 12_000] as const;

const LARGEST_CLOCK_ERROR_MS = 240_000;

/** Draws one fault after the other until `signal` is aborted. Long ones go on beside the next. */
export async function causeFaults(
  world: World,
  {
    rng,
    signal,
    onFault,
  }: { readonly rng: Rng; readonly signal: AbortSignal; readonly onFault: (name: string) => void },
): Promise<void> {
  const running = new Set<Promise<void>>();
  while (!signal.aborted) {
    await sleep(int(rng, ...PAUSE_MS), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const { name, happen } = pickWeighted(rng, faultsOf(world, rng));
    onFault(name);
    const one: Promise<void> = happen().finally(() => running.delete(one));
    running.add(one);
  }
  await Promise.all(running);
}

/** Ends what still goes on: every target answers well, and its clock is right. */
export async function endFaults({ databaseUrl, targets }: World): Promise<void> {
  await freeDisk(databaseUrl);
  for (const target of targets.values()) {
    await target.clearFaults();
    await target.setClock(0);
  }
}

function faultsOf(world: World, rng: Rng): Fault[] {
  const { programs } = world;
  const away = () => int(rng, ...AWAY_MS);
  const end = (weight: number, program: CrashableProgram, signal: Parameters<CrashableProgram['end']>[0]): Fault => ({
    weight,
    name: `${program.name} gets ${signal}`,
    happen: () => program.end(signal, away()),
  });
  const { postgres, temporal, firstWorker, secondWorker, gateway, listener } = programs;
  return [
    ...[firstWorker, secondWorker].flatMap((worker) => [
      end(3, worker, 'SIGKILL'),
      end(1, worker, 'SIGTERM'),
      { weight: 1, name: `${worker.name} is frozen`, happen: () => worker.freeze(FROZEN_MS) },
    ]),
    end(2, gateway, 'SIGKILL'),
    end(2, listener, 'SIGKILL'),
    end(1, temporal, 'SIGKILL'),
    end(1, postgres, 'SIGINT'),
    end(1, postgres, 'SIGQUIT'),
    {
      weight: 2,
      name: "PostgreSQL's disk is full",
      // A database that is away just now has its fault already.
      happen: () => fillDisk(world.databaseUrl, int(rng, ...BAD_MS)).catch(() => undefined),
    },
    ...[...world.targets.keys()].flatMap((process) => faultsOfTarget(world, process, rng)),
  ];
}

function faultsOfTarget({ targets }: World, process: SyncProcessName, rng: Rng): Fault[] {
  const target = targets.get(process);
  if (target === undefined) return [];
  const forMs = int(rng, ...BAD_MS);
  const knob = (weight: number, name: string, faults: Readonly<Record<string, unknown>>): Fault => ({
    weight,
    name: `${process}: ${name}`,
    // A target that is away just now has its fault already.
    happen: () => target.setFaults(faults).catch(() => undefined),
  });
  return [
    { weight: 2, name: `${process} crashes`, happen: () => target.crash() },
    knob(2, 'connections are cut before the effect', { failBefore: { forMs, chance: 0.5 } }),
    knob(3, 'connections are cut after the effect', { failAfter: { forMs, chance: 0.5 } }),
    knob(2, 'slow answers', { latency: { ms: 400, jitterMs: 3_000, forMs, chance: 0.5 } }),
    knob(2, 'answers 429', { respond: { status: 429, retryAfterSeconds: 2, forMs, chance: 0.7 } }),
    knob(2, 'answers 5xx', { respond: { status: pick(rng, [500, 502, 503]), forMs, chance: 0.7 } }),
    knob(1, 'an error comes with status 200', { respond: { status: 200, forMs, chance: 0.4 } }),
    knob(2, 'answers are about another record', { mixUp: { forMs, chance: 0.3 } }),
    knob(2, 'answers are garbled', { garble: { as: pick(rng, ['shape', 'html', 'truncated']), forMs, chance: 0.5 } }),
    {
      weight: 1,
      name: `${process}: its clock is off`,
      happen: () => target.setClock(int(rng, -LARGEST_CLOCK_ERROR_MS, LARGEST_CLOCK_ERROR_MS)).catch(() => undefined),
    },
    ...(target.addWebhook === undefined
      ? []
      : [
          knob(1, 'webhooks are lost', { webhookDrop: { forMs, chance: 0.7 } }),
          knob(1, 'webhooks come twice', { webhookDuplicate: { forMs, chance: 0.7 } }),
          knob(1, 'webhooks overtake each other', { webhookReorder: { forMs, chance: 0.7 } }),
        ]),
    ...lags(process).map((name) => knob(1, 'reads lag behind', { [name]: { ms: 2_000, forMs } })),
  ];
}

/** Simulators name it after what their vendor's lag concerns. */
function lags(process: SyncProcessName): string[] {
  if (process === 'CHATWOOT' || process === 'MAUTIC') return ['readLag'];
  return process === 'MAILCHIMP' || process === 'RUNSIGNUP' ? ['lag'] : [];
}
