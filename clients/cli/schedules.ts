import type { Command } from 'commander';
import { applySchedules, listSchedules, pauseSchedules } from '../schedules.ts';
import { ensureSearchAttributes } from '../search-attributes.ts';
import { CommandError } from './command-error.ts';
import { processNamed } from './names.ts';
import { say, sayJson, table } from './output.ts';
import { inSession } from './session.ts';

interface JsonOption {
  readonly json?: true;
}

/** `ems-sync schedules` */
export function addSchedules(program: Command): void {
  const schedules = program
    .command('schedules')
    .description('the Temporal Schedules that start the sweeps')
    .addHelpText('after', '\nExample: npx ems-sync schedules apply');
  schedules
    .command('apply')
    .description('create, update and remove schedules so that they are those of the enabled processes')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample: npx ems-sync schedules apply')
    .action(apply);
  schedules
    .command('list')
    .description('the schedules, when they run, and whether they are paused')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample: npx ems-sync schedules list')
    .action(list);
  for (const verb of ['pause', 'resume'] as const) {
    schedules
      .command(verb)
      .description(verb === 'pause' ? 'start no more sweeps of a process' : 'start sweeps of a process again')
      .argument('<process>', 'for example TAGSERVER')
      .addHelpText('after', `\nExample: npx ems-sync schedules ${verb} TAGSERVER`)
      .action((name: string) => pause(name, verb === 'pause'));
  }
}

async function apply({ json }: JsonOption): Promise<void> {
  await inSession(async (session) => {
    const client = await session.temporal();
    const searchAttributes = await ensureSearchAttributes(client);
    const applied = await applySchedules(client, session.settings);
    if (json) {
      sayJson(applied);
      return;
    }
    if (searchAttributes.length > 0) say(`search attributes created: ${searchAttributes.join(', ')}`);
    const why = { created: '', updated: '', unchanged: '', removed: ': no enabled process declares it' };
    for (const { scheduleId, done } of applied) say(`${scheduleId} ${done}${why[done]}`);
    for (const { process, missing } of session.settings.off) say(`${process} is off: set ${missing.join(', ')}`);
  });
}

async function list({ json }: JsonOption): Promise<void> {
  await inSession(async (session) => {
    const listed = await listSchedules(await session.temporal());
    if (json) {
      sayJson(listed);
      return;
    }
    if (listed.length === 0) {
      say('there are no schedules; make them with: npx ems-sync schedules apply');
      return;
    }
    const rows = listed.map(({ scheduleId, paused, note, cron, next, last }) => [
      scheduleId,
      paused ? `paused${note === null ? '' : ` (${note})`}` : 'running',
      cron ?? 'set by hand',
      last?.toISOString() ?? null,
      next?.toISOString() ?? null,
    ]);
    say(table(['schedule', 'state', 'times (UTC, seconds first)', 'last', 'next'], rows));
  });
}

async function pause(name: string, paused: boolean): Promise<void> {
  const process = processNamed(name);
  await inSession(async (session) => {
    const ids = await pauseSchedules(await session.temporal(), process.name, process.directions, paused);
    if (ids.length === 0) {
      throw new CommandError(1, `${process.name} has no schedule yet; make it with: npx ems-sync schedules apply`);
    }
    for (const id of ids) say(`${id} ${paused ? 'paused' : 'resumed'}`);
  });
}
