import { dryRun, type DryRunOptions } from '../../activities/dry-run/dry-run.ts';
import type { CommonSettings } from '../../settings/schema.ts';
import type { EnabledTarget } from '../../settings/read-settings.ts';
import type { Plan } from '../../sync/plan.ts';
import { inScratch } from './in-scratch.ts';

export interface PlanOptions extends Omit<DryRunOptions, 'process'> {
  readonly common: CommonSettings;
  readonly enabled: EnabledTarget;
}

/**
 * What the next sweep of a process would do. Needs the database and the target, and neither worker nor schedule; writes
 * to none of them.
 *
 * @throws SyncError if the target cannot be read.
 */
export function planProcess({ common, enabled, ...options }: PlanOptions): Promise<Plan> {
  const { name } = enabled.target.process;
  return inScratch({ common, enabled }, (dependencies) => dryRun(dependencies, { process: name, ...options }));
}
