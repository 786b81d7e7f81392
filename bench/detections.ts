import { startPostgres } from '../local/postgres.ts';
import { measureDetection, type DetectionCost } from './detection.ts';

export type Costs = Readonly<Record<string, DetectionCost>>;

/** Measures each size on a PostgreSQL of its own. */
export async function detection(
  stack: AsyncDisposableStack,
  sizes: readonly number[],
  say: (line: string) => void,
): Promise<Costs> {
  const postgres = await startPostgres({ persistent: false });
  stack.defer(() => postgres.stop());
  const costs: Record<string, DetectionCost> = {};
  for (const size of sizes) {
    const cost = await measureDetection(postgres, size, say);
    costs[size] = cost;
    say(`${size} persons: full ${cost.full} s, idle ${cost.idle} s, 100 due ${cost.due} s`);
  }
  return costs;
}

/** `cpuSeconds`: an everyday sweep with 100 due. */
export const asJson = (costs: Costs) => ({
  cpuSeconds: by(costs, ({ due }) => due),
  idleCpuSeconds: by(costs, ({ idle }) => idle),
  fullCpuSeconds: by(costs, ({ full }) => full),
});

const by = (costs: Costs, value: (cost: DetectionCost) => number) =>
  Object.fromEntries(Object.entries(costs).map(([size, cost]) => [size, value(cost)]));
