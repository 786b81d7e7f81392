import { setTimeout as sleep } from 'node:timers/promises';

export interface Waiting {
  /** Names what this waits for, for the error message. */
  readonly what: string;
  /** A text that changes whenever there is progress. Without it, `stillMs` limits the whole wait. */
  readonly progress?: () => Promise<string> | string;
  /** Gives up after this long without progress. Default two minutes. */
  readonly stillMs?: number;
  /** Gives up after this long in any case. Default four times `stillMs`. */
  readonly atMostMs?: number;
  /** Pause between two checks. Default 50 ms. */
  readonly pauseMs?: number;
}

/** How often `progress` is read, which may cost more than the check. */
const LOOK_MS = 5_000;

/**
 * Waits until `check` returns something other than null, undefined or false. The deadline is reset whenever there is progress: a
 * busy machine takes longer but does not fail, and a standstill fails soon.
 *
 * @throws Error with `what` and the time waited
 */
export async function waitUntil<T>(
  { what, progress, stillMs = 120_000, atMostMs = 4 * stillMs, pauseMs = 50 }: Waiting,
  check: () => Promise<T | null | undefined | false> | T | null | undefined | false,
): Promise<T> {
  const began = performance.now();
  let movedAt = began;
  let lookedAt = began;
  let before = progress === undefined ? '' : await progress();
  for (;;) {
    const found = await check();
    if (found !== null && found !== undefined && found !== false) return found;
    const now = performance.now();
    const late = now - movedAt > stillMs;
    if (progress !== undefined && (late || now - lookedAt > Math.min(LOOK_MS, stillMs / 4))) {
      const current = await progress();
      lookedAt = performance.now();
      if (current !== before) movedAt = lookedAt;
      before = current;
    }
    const waited = Math.round((performance.now() - began) / 1_000);
    if (performance.now() - movedAt > stillMs)
      throw new Error(`${what}: not after ${waited} s, and nothing has moved for ${Math.round(stillMs / 1_000)} s`);
    if (performance.now() - began > atMostMs)
      throw new Error(`${what}: not after ${waited} s, though something still moves`);
    await sleep(pauseMs);
  }
}
