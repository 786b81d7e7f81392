import { createHistogram } from 'node:perf_hooks';

export interface Percentiles {
  readonly count: number;
  /** All values in milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** @param durations in milliseconds, at least one. */
export function percentiles(durations: readonly number[]): Percentiles {
  const histogram = createHistogram({ figures: 5 });
  for (const duration of durations) histogram.record(Math.max(1, Math.round(duration)));
  return {
    count: histogram.count,
    p50: histogram.percentile(50),
    p95: histogram.percentile(95),
    p99: histogram.percentile(99),
    max: histogram.max,
  };
}
