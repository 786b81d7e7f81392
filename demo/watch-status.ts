import { setTimeout as sleep } from 'node:timers/promises';
import { readStatus, type Status } from '../clients/status.ts';
import type { DemoSystem } from './start-system.ts';

/** Interval in milliseconds. It is longer if reading the status takes long, so that watching costs little. */
const LOOK_EVERY_MS = 1_000;
const SHARE_OF_TIME = 10;

/** Reads the status repeatedly and calls `onStatus`, until that returns true or `signal` is aborted. */
export async function watchStatus(
  system: DemoSystem,
  signal: AbortSignal,
  onStatus: (status: Status) => boolean,
): Promise<void> {
  const { orm, settings } = system;
  const processes = settings.enabled.map(({ target }) => target.process);
  while (!signal.aborted) {
    const startedAt = performance.now();
    const status = await readStatus(orm, processes, settings.common);
    if (onStatus(status)) return;
    const pause = Math.max(LOOK_EVERY_MS, SHARE_OF_TIME * (performance.now() - startedAt));
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}
