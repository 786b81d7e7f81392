import type { Costs } from './costs.ts';
import { medianCosts } from './median.ts';

/** One round of one contender; each begins with fresh data. */
export type Contender = (round: number) => Promise<Costs>;

export interface RoundsOptions {
  readonly rounds: number;
  readonly say: (line: string) => void;
}

/**
 * Contenders take turns, so that a machine that is busy for a while is so for all of them.
 *
 * @returns medians, by name.
 */
export async function alternate(
  contenders: Readonly<Record<string, Contender>>,
  { rounds, say }: RoundsOptions,
): Promise<Record<string, Costs>> {
  const measured = Object.keys(contenders).map((name) => [name, [] as Costs[]] as const);
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, costs] of measured) {
      const contender = contenders[name];
      if (contender === undefined) continue;
      const one = await contender(round);
      costs.push(one);
      say(`round ${round} of ${rounds}: ${name} took ${one.seconds.toFixed(1)} s`);
    }
  }
  return Object.fromEntries(measured.map(([name, costs]) => [name, medianCosts(costs)]));
}
