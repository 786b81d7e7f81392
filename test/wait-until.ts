import { setTimeout as sleep } from 'node:timers/promises';

export interface Waiting {
  /** What is waited for, for the error message. */
  readonly what: string;
  /** Everything observable that moves while there is progress, as one text. Left out: the wait is simply limited. */
  readonly progress?: () => Promise<string> | string;
  /** Gives up after this long without progress. Default two minutes. */
  readonly stillMs?: number;
  /** Gives up after this long in any case. Default four times `stillMs`. */
  readonly atMostMs?: number;
  /** Between two checks. Default 50 ms. */
  readonly pauseMs?: number;
}

/** How often progress is looked at: it may cost more than the check. */
const LOOK_MS = 5_000;

/**
 * Waits until `check` gives something other than null, undefined or false. The deadline starts anew while something moves, so
 * that a busy machine takes longer and does not fail; what stands still fails soon.
 *
 * @throws Error that names `what` and says how long was waited
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
