import { isDeepStrictEqual } from 'node:util';
import type { ScheduleDescription, ScheduleOptions, ScheduleOptionsStartWorkflowAction } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { isTimeOf, type CronFields } from '../settings/cron-expression.ts';
import type { EnabledTarget, Settings } from '../settings/read-settings.ts';
import type { Direction } from '../sync/sync-process-name.ts';
import { compareWorkflowId } from '../sync/workflow-ids.ts';
import { PRIORITY } from '../workflows/pair-start.ts';
import { syncProcessAttribute } from '../workflows/search-attributes.ts';
import { SWEEP_WORKFLOWS, sweepStartOptions, type SweepWorkflow } from './sweep-start.ts';
import { sweepTimes } from './sweep-times.ts';

export interface WantedSchedule {
  readonly fields: CronFields;
  readonly options: ScheduleOptions<ScheduleOptionsStartWorkflowAction<SweepWorkflow>>;
}

/**
 * The schedules of the enabled processes: one for each direction that this release has a sweep for, and one for the
 * comparison where it is set.
 *
 * @param syncQueue the installation's.
 */
export function wantedSchedules({ enabled }: Settings, syncQueue: string): WantedSchedule[] {
  return enabled.flatMap((target) => [
    ...target.target.process.directions.flatMap((direction) => wantedSchedule(target, direction, syncQueue) ?? []),
    ...wantedComparison(target, syncQueue),
  ]);
}

/** Of a process with `SYNC_CRON_<PROCESS>_COMPARE`. */
function wantedComparison({ target, compareCron }: EnabledTarget, syncQueue: string): WantedSchedule[] {
  if (compareCron === undefined) return [];
  const { name } = target.process;
  const { fields } = sweepTimes(name, 'outbound', compareCron);
  const scheduleId = compareWorkflowId(name);
  // The SDK sends the priority, but its type omits it.
  const start = { workflowType: 'compareTarget', workflowId: scheduleId, priority: PRIORITY.bulk };
  const typedSearchAttributes = new TypedSearchAttributes([{ key: syncProcessAttribute, value: name }]);
  return [
    {
      fields,
      options: {
        scheduleId,
        spec: { cronExpressions: [`${fields.join(' ')} # ${fields.join(' ')}`] },
        action: {
          type: 'startWorkflow',
          ...start,
          taskQueue: syncQueue,
          args: [{ process: name }],
          staticSummary: `${name}: comparison with the target`,
          typedSearchAttributes,
        },
        policies: { overlap: 'SKIP', catchupWindow: COMPARE_CATCHUP_MS, pauseOnFailure: false },
        typedSearchAttributes,
      },
    },
  ];
}

/** A comparison that was missed may still begin within an hour: it is for the night. */
const COMPARE_CATCHUP_MS = 3_600_000;

function wantedSchedule(
  { target, cron }: EnabledTarget,
  direction: Direction,
  syncQueue: string,
): WantedSchedule | null {
  const workflowType = SWEEP_WORKFLOWS[direction];
  const expression = cron[direction];
  if (workflowType === undefined || expression === undefined) return null;
  const { fields, catchupWindowMs } = sweepTimes(target.process.name, direction, expression);
  const start = sweepStartOptions(target.process.name, direction);
  const { typedSearchAttributes } = start;
  return {
    fields,
    options: {
      scheduleId: start.workflowId,
      // Temporal stores only the parsed cron expression; the comment keeps it readable and comparable.
      spec: { cronExpressions: [`${fields.join(' ')} # ${fields.join(' ')}`] },
      action: { type: 'startWorkflow', workflowType, ...start, taskQueue: syncQueue },
      policies: { overlap: 'SKIP', catchupWindow: catchupWindowMs, pauseOnFailure: false },
      typedSearchAttributes,
    },
  };
}

/**
 * Whether a schedule's times, action or policies differ from the wanted ones: created by an older release, or changed
 * by hand.
 */
export function differsFrom(description: ScheduleDescription, { fields, options }: WantedSchedule): boolean {
  return (
    !hasTimes(description, fields) ||
    !isDeepStrictEqual(description.policies, options.policies) ||
    !isDeepStrictEqual(comparable(description.action), comparable(options.action)) ||
    !isDeepStrictEqual(pairs(description.typedSearchAttributes), pairs(options.typedSearchAttributes))
  );
}

function hasTimes({ spec, info }: ScheduleDescription, fields: CronFields): boolean {
  const { calendars = [], intervals = [], skip = [], startAt, endAt, jitter, timezone } = spec;
  return (
    calendars.length === 1 &&
    calendars[0]?.comment === fields.join(' ') &&
    info.nextActionTimes.every((time) => isTimeOf(fields, time)) &&
    intervals.length === 0 &&
    skip.length === 0 &&
    startAt === undefined &&
    endAt === undefined &&
    (jitter === undefined || jitter === 0) &&
    (timezone === undefined || timezone === '' || timezone === 'UTC')
  );
}

/** The properties that we set, and those that somebody may have added and that change how sweeps run. */
function comparable(action: ScheduleDescription['action'] | WantedSchedule['options']['action']) {
  return {
    type: action.type,
    workflowType: action.workflowType,
    workflowId: action.workflowId,
    taskQueue: action.taskQueue,
    args: action.args,
    staticSummary: action.staticSummary,
    // The SDK sends it, but its type omits it.
    priorityKey: 'priority' in action ? action.priority?.priorityKey : undefined,
    searchAttributes: pairs(action.typedSearchAttributes),
    retry: action.retry,
    workflowExecutionTimeout: action.workflowExecutionTimeout,
    workflowRunTimeout: action.workflowRunTimeout,
  };
}

function pairs(attributes: ScheduleOptions['typedSearchAttributes']): Record<string, unknown> {
  const list = attributes === undefined ? [] : 'getAll' in attributes ? attributes.getAll() : attributes;
  return Object.fromEntries(list.map(({ key, value }) => [key.name, value]));
}
