import type { Status } from '../clients/status.ts';
import { happenOnce } from './happen.ts';
import { randomFor } from './random.ts';
import { settle } from './settle.ts';
import type { DemoSystem } from './start-system.ts';
import { verify } from './verify.ts';

/** How often each thing that people do happens before it counts. */
const TIMES = 2;

export interface OnceOptions {
  readonly seed: number;
  /** Resolves when status alone says that everything is in step. */
  readonly inStep: Promise<unknown>;
  readonly say: (line: string) => void;
  /** Told what sweeps and polls have found, round by round; empty: nothing. */
  readonly onRound: (found: string) => void;
}

/**
 * Waits until what EMS and the targets had is in step, lets people work at the targets and at EMS, and waits again.
 *
 * @returns how everything stands then.
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

/** @returns whether the content proved right as well; says on standard error what did not. */
export async function provesRight(system: DemoSystem, say: (line: string) => void): Promise<boolean> {
  const problems = await verify(system, say);
  for (const problem of problems) console.error(problem);
  return problems.length === 0;
}
