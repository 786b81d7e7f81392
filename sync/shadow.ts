import { PLANNED_ACTIONS } from './planned-change.ts';
import { describePlannedHold, type Plan } from './plan.ts';

/** Why nothing is done. */
export const SHADOW = 'the process is in shadow mode (SYNC_MODE): what would be done is told by its sweeps';

/** A Markdown table and the holds, for the sweep's page in the Web UI. */
export function describePlan({ process, counts, held, stopped }: Plan): string {
  const columns = [...PLANNED_ACTIONS, 'unchanged' as const].filter((action) =>
    Object.values(counts).some((of) => (of[action] ?? 0) > 0),
  );
  const rows = Object.entries(counts).map(
    ([type, of]) => `| ${type} | ${columns.map((column) => of[column] ?? 0).join(' | ')} |`,
  );
  const table =
    columns.length === 0
      ? ['Nothing would be done.']
      : [`| would | ${columns.join(' | ')} |`, `| --- |${columns.map(() => ' --: |').join('')}`, ...rows];
  return [
    ...table,
    ...held.map((hold) => `\n${describePlannedHold(process, hold)}`),
    ...stopped.map(({ type, reason }) => `\n${type} cannot be swept: ${reason}`),
  ].join('\n');
}
