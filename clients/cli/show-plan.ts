import { describePlannedHold, type Plan } from '../../sync/plan.ts';
import { PLANNED_ACTIONS } from '../../sync/planned-change.ts';
import { say, sayBlock, table } from './output.ts';

/** The counts of a plan, what the brake would hold, and what cannot be swept. */
export function showPlanCounts({ process, counts, held, stopped }: Plan): void {
  const actions = [...PLANNED_ACTIONS, 'unchanged' as const].filter((action) =>
    Object.values(counts).some((of) => (of[action] ?? 0) > 0),
  );
  const rows = Object.entries(counts).map(([type, of]) => [type, ...actions.map((action) => of[action] ?? 0)]);
  if (actions.length === 0) say('nothing would be done');
  else sayBlock(table(['type', ...actions], rows));
  for (const hold of held) say(describePlannedHold(process, hold));
  for (const { type, reason } of stopped) say(`${type} cannot be swept: ${reason}`);
}
