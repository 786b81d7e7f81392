import { writeProcessStates } from '../../database/records/process-states.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { syncTaskQueue } from '../../sync/workflow-ids.ts';
import { applySchedules, listSchedules, pauseSchedules } from '../schedules.ts';
import { ensureSearchAttributes } from '../search-attributes.ts';
import { CommandError } from './command-error.ts';
import { processOf } from './names.ts';
import { say, sayBlock, sayJson, table } from './output.ts';
import { inSession } from './session.ts';

interface JsonOption {
  readonly json?: true;
}

/** `ems-sync schedules apply` */
export async function apply({ json }: JsonOption): Promise<void> {
  await inSession(async (session) => {
    const own = await session.installation();
    const { id } = await own.claim();
    const { client } = own;
    const searchAttributes = await ensureSearchAttributes(client);
    const applied = await applySchedules(client, session.settings, syncTaskQueue(id));
    const { enabled, off } = session.settings;
    await writeProcessStates((await session.database()).em.fork(), [
      ...enabled.map(({ target }) => ({ name: target.process.name, isOn: true, missing: [] })),
      ...off.map(({ process, missing }) => ({ name: process, isOn: false, missing })),
    ]);
    if (json) {
      sayJson(applied);
      return;
    }
    if (searchAttributes.length > 0) say(`search attributes created: ${searchAttributes.join(', ')}`);
    const why = { created: '', updated: '', unchanged: '', removed: ': no enabled process declares it' };
    for (const { scheduleId, done } of applied) say(`${scheduleId} ${done}${why[done]}`);
    for (const { process, missing } of off) say(`${process} is off: set ${missing.join(', ')}`);
  });
}

/** `ems-sync schedules list` */
export async function list({ json }: JsonOption): Promise<void> {
  await inSession(async (session) => {
    const listed = await listSchedules(await session.temporal());
    if (json) {
      sayJson(listed);
      return;
    }
    if (listed.length === 0) {
      say('there are no schedules; create them: npx ems-sync schedules apply');
      return;
    }
    const rows = listed.map(({ scheduleId, paused, note, cron, next, last }) => [
      scheduleId,
      paused ? `paused${note === null ? '' : ` (${note})`}` : 'running',
      cron ?? 'set by hand',
      last?.toISOString() ?? null,
      next?.toISOString() ?? null,
    ]);
    sayBlock(table(['schedule', 'state', 'times (UTC, seconds first)', 'last', 'next'], rows));
  });
}

/** `ems-sync schedules pause` and `resume` */
export async function pause(name: SyncProcessName, paused: boolean): Promise<void> {
  const process = processOf(name);
  await inSession(async (session) => {
    const ids = await pauseSchedules(await session.temporal(), process.name, process.directions, paused);
    if (ids.length === 0) {
      throw new CommandError(1, `${process.name} has no schedule yet; create it: npx ems-sync schedules apply`);
    }
    for (const id of ids) say(`${id} ${paused ? 'paused' : 'resumed'}`);
  });
}
