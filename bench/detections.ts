import Table from 'cli-table3';
import { startPostgres } from '../local/postgres.ts';
import { measureDetection, type DetectionCost, type Spent } from './detection.ts';

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
    say(
      `${size} persons: ${describe('full', cost.full)}, ${describe('idle', cost.idle)}, ${describe('100 due', cost.due)}`,
    );
  }
  return costs;
}

const describe = (name: string, { cpuSeconds, buffers }: Spent) => `${name} ${cpuSeconds} s and ${buffers} buffers`;

/** `cpuSeconds` and `buffers`: an everyday sweep with 100 due. */
export const asJson = (costs: Costs) => ({
  cpuSeconds: by(costs, ({ due }) => due.cpuSeconds),
  idleCpuSeconds: by(costs, ({ idle }) => idle.cpuSeconds),
  fullCpuSeconds: by(costs, ({ full }) => full.cpuSeconds),
  buffers: by(costs, ({ due }) => due.buffers),
  idleBuffers: by(costs, ({ idle }) => idle.buffers),
  fullBuffers: by(costs, ({ full }) => full.buffers),
});

const by = (costs: Costs, value: (cost: DetectionCost) => number) =>
  Object.fromEntries(Object.entries(costs).map(([size, cost]) => [size, value(cost)]));

export function detectionTable(costs: Costs): string {
  const kinds = ['full', 'idle', 'due'] as const;
  const table = new Table({
    head: ['persons', ...kinds.flatMap((kind) => [`${kind === 'due' ? '100 due' : kind}: CPU s`, 'buffers'])],
    colAligns: Array.from({ length: 7 }, () => 'right' as const),
    style: { head: [], border: [] },
  });
  for (const [size, cost] of Object.entries(costs))
    table.push([size, ...kinds.flatMap((kind) => [cost[kind].cpuSeconds, cost[kind].buffers])]);
  return table.toString();
}
