import Table from 'cli-table3';
import type { Costs } from './costs.ts';

export interface Throughput {
  readonly size: number;
  readonly rounds: number;
  /** Medians, by contender. */
  readonly costs: Readonly<Record<string, Costs>>;
}

/** Rows a second, and what each contender spent on all of them. */
export function throughputTable({ size, costs }: Throughput): string {
  const table = new Table({
    head: ['', 'rows/s', 'calls', 'transactions', 'PostgreSQL CPU s', 'Temporal CPU s', 'own CPU s', 'peak MB'],
    colAligns: ['left', ...Array.from({ length: 7 }, () => 'right' as const)],
    style: { head: [], border: [] },
  });
  for (const [name, one] of Object.entries(costs)) {
    const cpu = [one.postgresCpu, one.temporalCpu, one.processCpu].map((seconds) => seconds.toFixed(1));
    table.push([name, perSecond(size, one), one.calls, one.transactions, ...cpu, one.peakMegabytes]);
  }
  return table.toString();
}

/** `rows`: rows a second. */
export const throughputJson = ({ size, rounds, costs }: Throughput) => ({
  rows: by(costs, (one) => perSecond(size, one)),
  calls: by(costs, ({ calls }) => calls),
  transactions: by(costs, ({ transactions }) => transactions),
  cpuSeconds: by(costs, ({ postgresCpu, temporalCpu, processCpu }) => ({
    postgres: rounded(postgresCpu),
    temporal: rounded(temporalCpu),
    process: rounded(processCpu),
  })),
  peakMegabytes: by(costs, ({ peakMegabytes }) => peakMegabytes),
  size,
  rounds,
});

const perSecond = (size: number, { seconds }: Costs) => rounded(size / seconds);

const rounded = (number: number) => Math.round(number * 10) / 10;

const by = <T>(costs: Throughput['costs'], value: (costs: Costs) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(costs).map(([name, one]) => [name, value(one)]));
