import { requestSweep, sweepResult } from '../clients/request-sweep.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { describeDifference } from './difference.ts';
import type { RunningTarget } from './simulated-target.ts';
import type { DemoSystem } from './start-system.ts';

/** Lines about differences at most: one mistake often shows in every row. */
const LINES = 20;

/** A sweep that finds nothing to do takes a second or two. */
const IDLE_SWEEP_MS = 120_000;

/**
 * Tries what our own records cannot prove: that each target holds what EMS has, and that a sweep with nothing to do
 * sends nothing.
 *
 * @returns what is wrong, a line each; ids and names of fields only.
 */
export async function verify(system: DemoSystem, say: (line: string) => void): Promise<string[]> {
  const problems: string[] = [];
  for (const [process, target] of system.targets) {
    say(`${process}: comparing what it holds with EMS …`);
    const { compared, differences } = await target.verify(system.databaseUrl);
    if (differences.length === 0) say(`${process}: it holds all ${compared} rows with equal content, and nothing else`);
    problems.push(...differences.slice(0, LINES).map((one) => `${process}: ${describeDifference(one)}`));
    if (differences.length > LINES) problems.push(`${process}: … and ${differences.length - LINES} more`);
    const writes = await idleWrites(system, process, target);
    if (writes === 0) say(`${process}: a sweep with nothing to do has sent nothing`);
    else problems.push(`${process}: a sweep with nothing to do has sent ${writes} write requests`);
  }
  return problems;
}

async function idleWrites(system: DemoSystem, process: SyncProcessName, target: RunningTarget): Promise<number> {
  return target.countWrites(async () => {
    const sweep = await requestSweep(system.temporal, process, 'outbound');
    const result = await sweepResult(sweep, system.temporal, IDLE_SWEEP_MS);
    if (result?.ended !== 'complete') {
      const how = result === null ? `has not ended after ${IDLE_SWEEP_MS / 1_000} s` : `ended with ${result.ended}`;
      throw new Error(`The idle sweep ${sweep.workflowId} ${how}; see the workers' log, ${system.workersLog}`);
    }
  });
}
