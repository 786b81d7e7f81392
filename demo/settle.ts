import { setTimeout as sleep } from 'node:timers/promises';
import { requestSweep } from '../clients/request-sweep.ts';
import { readStatus, type Status } from '../clients/status.ts';
import type { Direction, SyncProcessName } from '../sync/sync-process-name.ts';
import type { DemoSystem } from './start-system.ts';

/** How many workflows of pairs may be looked for again until they have ended, in milliseconds. */
const QUIET_EVERY_MS = 500;

/**
 * Lets every process sweep and poll until none of them finds anything any more, and nothing is at work: what people do at
 * the targets shows in no status before a poll has seen it.
 *
 * @returns the status then, which is in step.
 */
export async function settle(system: DemoSystem): Promise<Status> {
  const { orm, settings } = system;
  const processes = settings.enabled.map(({ target }) => target.process);
  for (;;) {
    let found = 0;
    for (const { name, directions } of processes) {
      for (const direction of directions) found += await runOnce(system, name, direction);
    }
    await quiet(system);
    const status = await readStatus(orm, processes, settings.common.SETTLE_MS);
    if (found === 0 && status.inStep) return status;
  }
}

/** @returns how much it has found to do. */
async function runOnce(system: DemoSystem, process: SyncProcessName, direction: Direction): Promise<number> {
  const { handle } = await requestSweep(system.temporal, process, direction);
  const { ended, totals } = await handle.result();
  const found = Object.values(totals).reduce((sum, counts) => sum + foundIn(counts), 0);
  return ended === 'complete' ? found : found + 1;
}

/** What a sweep counts as due; what a poll counts as changed, unknown or not read. */
function foundIn(counts: Readonly<Record<string, number>>): number {
  return ['due', 'changed', 'unknown', 'unread'].reduce((sum, name) => sum + (counts[name] ?? 0), 0);
}

/** Waits until no workflow of a pair, or of a remote record, runs. Visibility lags a moment behind a start. */
async function quiet({ temporal }: DemoSystem): Promise<void> {
  const query = `ExecutionStatus = "Running" AND WorkflowType IN ("syncEntity", "syncRemote")`;
  for (let calm = 0; calm < 2;) {
    const { count } = await temporal.workflow.count(query);
    calm = count === 0 ? calm + 1 : 0;
    await sleep(QUIET_EVERY_MS);
  }
}
