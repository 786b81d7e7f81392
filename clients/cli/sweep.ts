import type { Direction, SyncProcessName } from '../../sync/sync-process-name.ts';
import type { PollResult } from '../../workflows/poll-inbound.ts';
import type { SweepResult } from '../../workflows/sweep-outbound.ts';
import { requestSweep, sweepResult } from '../request-sweep.ts';
import type { AnySweepResult } from '../sweep-start.ts';
import { webUiLink } from '../web-ui-link.ts';
import { CommandError } from './command-error.ts';
import { directionNamed, processOf } from './names.ts';
import { complain, say, sayBlock, sayJson, table } from './output.ts';
import { refusePaused } from './pause.ts';
import { showPlanCounts } from './show-plan.ts';
import { enabledTarget, inSession } from './session.ts';
import type { WaitOptions } from './wait-options.ts';

/** `ems-sync sweep` */
export async function sweep(
  name: SyncProcessName,
  directionName: string,
  { wait, timeout, json }: WaitOptions,
): Promise<void> {
  const syncProcess = processOf(name);
  const direction = directionNamed(directionName, syncProcess);
  await inSession(async (session) => {
    enabledTarget(session, syncProcess);
    const client = await session.temporal();
    await refusePaused(session, name);
    const requested = await requestSweep(client, syncProcess.name, direction, { full: true });
    const { workflowId, wasRunning } = requested;
    const link = webUiLink(session.settings.common, workflowId);
    const what = `${workflowId} ${wasRunning ? 'is running already' : 'started'}: ${link}`;
    if (wait !== true) {
      if (json) sayJson({ workflowId, wasRunning, link });
      else say(what);
      return;
    }
    complain(what);
    const result = await sweepResult(requested, client, timeout * 1_000);
    if (result === null) {
      throw new CommandError(
        1,
        `${workflowId} has not ended within ${timeout} s; it continues. Is a worker running (npm start)?`,
      );
    }
    if (json) sayJson(result);
    else if (isPoll(direction, result)) showPoll(result);
    else showSweep(result);
    if (['target-down', 'incomplete', 'unread', 'held', 'paused'].includes(result.ended)) process.exitCode = 1;
  });
}

function isPoll(direction: Direction, _result: AnySweepResult): _result is PollResult {
  return direction === 'inbound';
}

function showPoll({ ended, reason, totals }: PollResult): void {
  const rows = Object.entries(totals).map(([type, t]) => [type, t.listed, t.changed, t.unknown, t.malformed, t.unread]);
  if (rows.length > 0) sayBlock(table(['type', 'listed', 'changed', 'unknown', 'malformed', 'unread'], rows));
  say(reason === null ? ended : `${ended}: ${reason}`);
}

function showSweep({ ended, reason, totals, plan }: SweepResult): void {
  if (plan !== undefined) {
    showPlanCounts(plan);
    say(ended);
    return;
  }
  const rows = Object.entries(totals).map(([type, t]) => [
    type,
    t.due,
    t.touched,
    t.inSync,
    t.removed,
    t.waiting,
    t.parked,
    t.failed + t.other,
    t.leftRunning,
    t.busy,
  ]);
  const head = [
    'type',
    'due',
    'unchanged',
    'in sync',
    'removed',
    'waiting',
    'parked',
    'failed',
    'left running',
    'busy',
  ];
  if (rows.length > 0) sayBlock(table(head, rows));
  // A sweep that found its target down has evaluated nothing.
  else if (ended === 'complete') say('nothing was due');
  say(reason === null ? ended : `${ended}: ${reason}`);
}
