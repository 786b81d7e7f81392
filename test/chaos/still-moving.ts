import { readStatus } from '../../clients/status.ts';
import { onceTemporalAnswers } from '../../demo/temporal-outage.ts';
import { describeRecord, readUnsettled, shortened } from './sync-tables.ts';
import type { World } from './world.ts';

/** Workflows of pairs, of pages and of remote records. */
export const PAIR_WORKFLOWS =
  'ExecutionStatus = "Running" AND WorkflowType IN ("syncEntity", "syncRemote", "resolveHinted", "syncPage")';

/** What keeps the system from being in step: one line for each kind of work that is left. */
export async function stillMoving({ databaseUrl, orm, settings, temporal }: World): Promise<readonly string[]> {
  const running = await onceTemporalAnswers(async () => {
    const ids: string[] = [];
    for await (const { workflowId } of temporal.workflow.list({ query: 'ExecutionStatus = "Running"' }))
      ids.push(workflowId);
    return ids;
  });
  const processes = settings.enabled.map(({ target }) => target.process);
  const status = await readStatus(orm, processes, settings.common);
  const types = Object.entries(status.processes).flatMap(([process, byType]) =>
    Object.entries(byType).flatMap(([type, { due, waiting, failing, orphans }]) =>
      due + waiting + failing + orphans === 0
        ? []
        : [`${process} ${type}: ${due} due, ${waiting} waiting, ${failing} failing, ${orphans} orphans`],
    ),
  );
  const records = (await readUnsettled(databaseUrl)).filter(({ state }) => !RESTING.includes(state));
  return [
    ...(running.length === 0 ? [] : [`${running.length} workflows run: ${shortened(running)}`]),
    ...types,
    ...status.held.map(
      ({ process, type, kind, held, linked }) => `${process} holds ${kind} of ${held} of ${linked} ${type}`,
    ),
    ...records.map(describeRecord),
  ];
}

/** States that no sweep changes without a cause. */
const RESTING: readonly string[] = ['PARKED', 'UNLINKED'];
