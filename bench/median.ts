import type { Costs } from './costs.ts';

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError('a median of nothing');
  return (upper + lower) / 2;
}

/** Each figure's median by itself. */
export function medianCosts(rounds: readonly Costs[]): Costs {
  const of = (value: (costs: Costs) => number) => median(rounds.map(value));
  return {
    seconds: of(({ seconds }) => seconds),
    calls: of(({ calls }) => calls),
    transactions: of(({ transactions }) => transactions),
    postgresCpu: of(({ postgresCpu }) => postgresCpu),
    temporalCpu: of(({ temporalCpu }) => temporalCpu),
    processCpu: of(({ processCpu }) => processCpu),
    peakMegabytes: of(({ peakMegabytes }) => peakMegabytes),
  };
}
