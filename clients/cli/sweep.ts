import type { Command } from 'commander';
import type { SweepResult } from '../../workflows/sweep-outbound.ts';
import { requestSweep, sweepResult } from '../request-sweep.ts';
import { webUiLink } from '../web-ui-link.ts';
import { CommandError } from './command-error.ts';
import { directionNamed, processNamed } from './names.ts';
import { complain, say, sayJson, table } from './output.ts';
import { enabledTarget, inSession } from './session.ts';
import { addWaitOptions, type WaitOptions } from './wait-options.ts';

/** `ems-sync sweep` */
export function addSweep(program: Command): void {
  const command = program
    .command('sweep')
    .description('run one sweep now: whatever is due of a process')
    .argument('<process>', 'for example TAGSERVER')
    .argument('<direction>', 'outbound or inbound');
  addWaitOptions(command, "wait for the sweep's end and print its counts; exit 1 if the target is down")
    .addHelpText('after', '\nExample: npx ems-sync sweep TAGSERVER outbound --wait')
    .action(async (processName: string, directionName: string, { wait, timeout, json }: WaitOptions) => {
      const syncProcess = processNamed(processName);
      const direction = directionNamed(directionName, syncProcess);
      await inSession(async (session) => {
        enabledTarget(session, syncProcess);
        const client = await session.temporal();
        const sweep = await requestSweep(client, syncProcess.name, direction);
        const { workflowId, wasRunning } = sweep;
        const link = webUiLink(session.settings.common, workflowId);
        const what = `${workflowId} ${wasRunning ? 'is running already' : 'started'}: ${link}`;
        if (wait !== true) {
          if (json) sayJson({ workflowId, wasRunning, link });
          else say(what);
          return;
        }
        complain(what);
        const result = await sweepResult(sweep, client, timeout * 1_000);
        if (result === null) {
          throw new CommandError(
            1,
            `${workflowId} has not ended within ${timeout} s; it goes on by itself. Is a worker running (npm start)?`,
          );
        }
        if (json) sayJson(result);
        else showResult(result);
        if (result.ended === 'target-down') process.exitCode = 1;
      });
    });
}

function showResult({ ended, reason, totals }: SweepResult): void {
  const rows = Object.entries(totals).map(([type, t]) => [
    type,
    t.due,
    t.moved,
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
  if (rows.length > 0) say(table(head, rows));
  // A sweep that met a target down at once has looked at nothing.
  else if (ended === 'complete') say('nothing was due');
  say(reason === null ? ended : `${ended}: ${reason}`);
}
