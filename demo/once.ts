import type { Status } from '../clients/status.ts';
import { happenOnce } from './happen.ts';
import { randomFor } from './random.ts';
import { settle } from './settle.ts';
import type { DemoSystem } from './start-system.ts';
import { verify } from './verify.ts';

/** How often each action is run. */
const TIMES = 2;

export interface OnceOptions {
  readonly seed: number;
  /** Resolves when the status reports that everything is in sync. */
  readonly inStep: Promise<unknown>;
  readonly say: (line: string) => void;
  /** Called after each round with what sweeps and polls have found, empty if nothing. */
  readonly onRound: (found: string) => void;
}

/**
 * Waits for the first load, lets people change things at the targets and in EMS, and waits again.
 *
 * @returns the status at the end.
 */
export async function bothWaysInStep(system: DemoSystem, { seed, inStep, say, onRound }: OnceOptions): Promise<Status> {
  await inStep;
  const first = await settle(system, onRound);
  const scene = { databaseUrl: system.databaseUrl, rng: randomFor('happen', seed) };
  const happened = await happenOnce(system, scene, TIMES);
  if (happened === 0) return first;
  say(`The first load is in step. People have changed ${happened} things at the targets and in EMS …`);
  return settle(system, onRound);
}

/** @returns whether the content is right. Differences are printed to standard error. */
export async function provesRight(system: DemoSystem, say: (line: string) => void): Promise<boolean> {
  const problems = await verify(system, say);
  for (const problem of problems) console.error(problem);
  return problems.length === 0;
}
