import { setTimeout as sleep } from 'node:timers/promises';
import { requestSweep } from '../clients/request-sweep.ts';
import { readStatus, type Status } from '../clients/status.ts';
import type { Direction, SyncProcessName } from '../sync/sync-process-name.ts';
import type { DemoSystem } from './start-system.ts';
import { onceTemporalAnswers } from './temporal-outage.ts';

/** Between two checks for running workflows of pairs, in milliseconds. */
const QUIET_EVERY_MS = 500;

/**
 * Runs sweeps and polls of every process until none finds anything and no workflow runs. The status alone is not enough:
 * changes at the targets do not show before a poll has found them.
 *
 * @param onRound called with what a round has found, empty if nothing.
 * @returns the status then, which is in step.
 */
export async function settle(system: DemoSystem, onRound: (found: string) => void): Promise<Status> {
  const { orm, settings } = system;
  const processes = settings.enabled.map(({ target }) => target.process);
  for (;;) {
    const found: string[] = [];
    for (const { name, directions } of processes) {
      for (const direction of directions) found.push(...(await findings(system, name, direction)));
    }
    onRound(found.join(', '));
    await quiet(system);
    const status = await readStatus(orm, processes, settings.common);
    if (found.length === 0 && status.inStep) return status;
  }
}

/** Counts of a sweep or a poll that mean work. */
const COUNTS = ['due', 'changed', 'unknown', 'unread'];

async function findings(system: DemoSystem, process: SyncProcessName, direction: Direction): Promise<string[]> {
  const { handle } = await onceTemporalAnswers(() => requestSweep(system.temporal, process, direction, { full: true }));
  const { ended, totals } = await onceTemporalAnswers(() => handle.result());
  const found = Object.entries(totals).flatMap(([type, counts]) =>
    Object.entries<number>(counts)
      .filter(([name, count]) => COUNTS.includes(name) && count > 0)
      .map(([name, count]) => `${process} ${type} ${count} ${name}`),
  );
  return ended === 'complete' || found.length > 0 ? found : [`${process} ${direction} ended with ${ended}`];
}

/** Waits until no workflow of a pair, or of a remote record, runs. Visibility lags a moment behind a start. */
async function quiet({ temporal }: DemoSystem): Promise<void> {
  const query = 'ExecutionStatus = "Running" AND WorkflowType IN ("syncEntity", "syncRemote", "resolveHinted")';
  for (let calm = 0; calm < 2;) {
    const { count } = await onceTemporalAnswers(() => temporal.workflow.count(query));
    calm = count === 0 ? calm + 1 : 0;
    await sleep(QUIET_EVERY_MS);
  }
}
