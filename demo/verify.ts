import { requestSweep, sweepResult } from '../clients/request-sweep.ts';
import type { SyncProcess } from '../targets/sync-process.ts';
import { describeDifference } from './difference.ts';
import type { RunningTarget } from './simulated-target.ts';
import type { DemoSystem } from './start-system.ts';
import { onceTemporalAnswers } from './temporal-outage.ts';

/** Differences to print for each target. One mistake often shows in every row. */
const LINES = 20;

/** A sweep or a poll that finds nothing to do takes a second or two. */
const IDLE_SWEEP_MS = 120_000;

/**
 * Checks what our own records cannot prove: each target has the content of EMS, and a sweep and a poll with nothing to do
 * send nothing.
 *
 * @returns the problems, one line each, with ids and field names only.
 */
export async function verify(system: DemoSystem, say: (line: string) => void): Promise<string[]> {
  const problems: string[] = [];
  for (const {
    target: { process: declared },
  } of system.settings.enabled) {
    const { name: process, directions } = declared;
    const target = system.targets.get(process);
    if (target === undefined) continue;
    say(`${process}: comparing what it holds with EMS …`);
    const { compared, differences } = await target.verify(system.databaseUrl);
    if (differences.length === 0) say(`${process}: it holds all ${compared} rows with equal content, and nothing else`);
    problems.push(...differences.slice(0, LINES).map((one) => `${process}: ${describeDifference(one)}`));
    if (differences.length > LINES) problems.push(`${process}: … and ${differences.length - LINES} more`);
    const writes = await idleWrites(system, declared, target);
    const idle = directions.includes('inbound') ? 'a sweep and a poll' : 'a sweep';
    if (writes === 0) say(`${process}: ${idle} with nothing to do sent nothing`);
    else problems.push(`${process}: ${idle} with nothing to do sent ${writes} write requests`);
  }
  return problems;
}

async function idleWrites(system: DemoSystem, process: SyncProcess, target: RunningTarget): Promise<number> {
  return target.countWrites(async () => {
    for (const direction of process.directions) {
      const sweep = await onceTemporalAnswers(() =>
        requestSweep(system.temporal, process.name, direction, { full: true }),
      );
      const result = await sweepResult(sweep, system.temporal, IDLE_SWEEP_MS);
      if (result?.ended === 'complete') continue;
      const how = result === null ? `has not ended after ${IDLE_SWEEP_MS / 1_000} s` : `ended with ${result.ended}`;
      throw new Error(`The idle ${sweep.workflowId} ${how}; see the workers' log, ${system.workersLog}`);
    }
  });
}
