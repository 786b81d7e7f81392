import Table from 'cli-table3';
import { percentiles } from './percentiles.ts';

/**
 * A table with one row of percentiles per label, in milliseconds.
 *
 * @param durations in milliseconds, by label.
 */
export function report(durations: Readonly<Record<string, readonly number[]>>): string {
  const table = new Table({
    head: ['', 'count', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const [way, all] of Object.entries(durations)) {
    const { count, p50, p95, p99, max } = percentiles(all);
    table.push([way, count, p50, p95, p99, max]);
  }
  return table.toString();
}
