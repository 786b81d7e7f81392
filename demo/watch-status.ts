import { setTimeout as sleep } from 'node:timers/promises';
import { readStatus, type Status } from '../clients/status.ts';
import type { DemoSystem } from './start-system.ts';

/** How often it is looked at, in milliseconds; less often where looking takes long, so that watching costs little. */
const LOOK_EVERY_MS = 1_000;
const SHARE_OF_TIME = 10;

/** Reads how everything stands again and again, and hands it to `onStatus`, until that says "enough", or `signal` does. */
export async function watchStatus(
  system: DemoSystem,
  signal: AbortSignal,
  onStatus: (status: Status) => boolean,
): Promise<void> {
  const { orm, settings } = system;
  const processes = settings.enabled.map(({ target }) => target.process);
  while (!signal.aborted) {
    const startedAt = performance.now();
    const status = await readStatus(orm, processes, settings.common.SETTLE_MS);
    if (onStatus(status)) return;
    const pause = Math.max(LOOK_EVERY_MS, SHARE_OF_TIME * (performance.now() - startedAt));
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}
