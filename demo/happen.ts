import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../simulators/ems/rng.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { DemoSystem } from './start-system.ts';
import type { Happening, Scene } from './simulated-target.ts';

interface Named {
  readonly process: SyncProcessName;
  readonly name: string;
  readonly happen: Happening;
}

function happeningsOf({ targets }: Pick<DemoSystem, 'targets'>): Named[] {
  return [...targets].flatMap(([process, { happenings = {} }]) =>
    Object.entries(happenings).map(([name, happen]) => ({ process, name, happen })),
  );
}

/**
 * Runs all actions of people at the targets, `times` times.
 *
 * @returns how many of these actions were possible.
 */
export async function happenOnce(system: DemoSystem, scene: Scene, times: number): Promise<number> {
  let happened = 0;
  for (let left = times; left > 0; left -= 1) {
    for (const { happen } of happeningsOf(system)) happened += (await happen(scene)) === null ? 0 : 1;
  }
  return happened;
}

/** Runs one random action after the other until `signal` is aborted. */
export async function keepHappening(
  system: Pick<DemoSystem, 'targets'>,
  scene: Scene,
  {
    everyMs,
    signal,
    onHappening,
  }: {
    readonly everyMs: number;
    readonly signal: AbortSignal;
    readonly onHappening: (what: string) => void;
  },
): Promise<void> {
  const all = happeningsOf(system);
  while (!signal.aborted && all.length > 0) {
    const { process, name, happen } = pick(scene.rng, all);
    // Targets refuse some actions, and the sync may have been faster. Continue with the next.
    const whom = await happen(scene).catch(() => null);
    if (whom !== null) onHappening(`${process}: ${name} (${whom})`);
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
