import type { ScheduleDescription, ScheduleOptions } from '@temporalio/client';
import { z } from 'zod';
import type { Installation } from '../database/installation.ts';
import { syncTaskQueue } from '../sync/workflow-ids.ts';

/**
 * A well-known id: whoever creates this schedule first has claimed the namespace. Unlike a workflow, a schedule stays
 * until it is deleted, and needs no worker. It also starts the installation's daily clean-up, so the task queue of its
 * workflow is the installation's; the Java library reads it there.
 */
export const INSTALLATION_SCHEDULE = 'ems-sync/installation';

/** Night in Europe; seconds after a full hour are busy enough. */
const DAILY = '17 3 * * *';

export function claimOptions({ id, database }: Installation): ScheduleOptions {
  return {
    scheduleId: INSTALLATION_SCHEDULE,
    spec: { cronExpressions: [DAILY] },
    action: {
      type: 'startWorkflow',
      workflowType: 'removeExpired',
      workflowId: INSTALLATION_SCHEDULE,
      taskQueue: syncTaskQueue(id),
      args: [],
      staticSummary: 'Rows past their retention are removed',
    },
    policies: { overlap: 'SKIP' },
    memo: { installation: id, database },
  };
}

const claim = z.object({ installation: z.string(), database: z.string() });

/** @throws ZodError if somebody has created the schedule by hand. */
export function installationIn({ memo }: Pick<ScheduleDescription, 'memo'>): Installation {
  const { installation, database } = claim.parse(memo);
  return { id: installation, database };
}
