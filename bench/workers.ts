import { loadByEmsSync } from './first-load.ts';
import { startGround } from './ground.ts';
import type { PartOptions } from './part-options.ts';
import { alternate, type Contender } from './rounds.ts';
import type { Throughput } from './throughput.ts';

/** A first load into Mailchimp by one, two and more processes of workers. */
export async function workers(
  stack: AsyncDisposableStack,
  { counts, ...options }: PartOptions & { readonly counts: readonly number[] },
): Promise<Throughput> {
  const ground = await startGround(stack, options);
  const contenders = counts.map((count): [string, Contender] => [
    String(count),
    (round) => loadByEmsSync(ground, `workers_${count}_${round}`, count),
  ]);
  const costs = await alternate(Object.fromEntries(contenders), options);
  return { size: options.size, rounds: options.rounds, costs };
}
