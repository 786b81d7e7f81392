import { createHash } from 'node:crypto';
import { nextTimes, parseCron, type CronFields } from '../settings/cron-expression.ts';
import type { Direction, SyncProcessName } from '../sync/sync-process-name.ts';

export interface SweepTimes {
  /** Seven fields: seconds first, year last. */
  readonly fields: CronFields;
  /** How late a missed sweep may still start: one interval, because the next sweep finds the same rows. */
  readonly catchupWindowMs: number;
}

/** Temporal's minimum. */
const SHORTEST_WINDOW_MS = 10_000;

/** Enough times to find the shortest gap of uneven expressions, such as "0,5 * * * *". */
const TIMES_LOOKED_AT = 25;

/**
 * When a sweep starts: the expression from the settings, shifted by a fixed number of seconds, so that sweeps of
 * several processes do not all start at once. An expression with a seconds field is kept.
 */
export function sweepTimes(process: SyncProcessName, direction: Direction, cron: string): SweepTimes {
  const { fields, namesSeconds } = parseCron(cron);
  const [, ...rest] = fields;
  const spread: CronFields = namesSeconds ? fields : [`${startOffset(process, direction)}`, ...rest];
  return { fields: spread, catchupWindowMs: shortestGapMs(spread) };
}

/** Seconds into the minute, 0 to 59, constant for a process and direction. */
export function startOffset(process: SyncProcessName, direction: Direction): number {
  return createHash('sha256').update(`${process}/${direction}`).digest().readUInt32BE(0) % 60;
}

function shortestGapMs(fields: CronFields): number {
  const times = nextTimes(fields, TIMES_LOOKED_AT).map((time) => time.getTime());
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return Math.max(SHORTEST_WINDOW_MS, gaps.length === 0 ? 60_000 : Math.min(...gaps));
}
