import type { Settings } from '../../settings/read-settings.ts';
import { describeHeldSweep } from '../../sync/brake-limit.ts';
import { describeHold } from '../../sync/missing-limit.ts';
import { describeOtherAccount } from '../../sync/other-account.ts';
import { describePause, type Pause } from '../../sync/pause.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { processesWithOtherAccount } from '../target-accounts.ts';
import { describeStep, readStatus, type Status } from '../status.ts';
import { age, sayBlock, sayJson, table } from './output.ts';
import { pausesOf } from './pause.ts';
import { inSession } from './session.ts';

const HEAD = [
  'process',
  'type',
  'total',
  'in sync',
  'due',
  'waiting',
  'failing',
  'parked',
  'suppressed',
  'linked',
  'unlinked',
  'orphans',
  'oldest due',
  'compared',
];

/** `ems-sync status` */
export async function status({ json }: { readonly json?: true }): Promise<void> {
  await inSession(async (session) => {
    const { settings } = session;
    const processes = settings.enabled.map(({ target }) => target.process);
    const orm = await session.database();
    const stopped = await processesWithOtherAccount(orm, settings);
    const counts = await readStatus(orm, processes, settings.common);
    const paused = await pausesOf(session);
    const inStep = counts.inStep && stopped.length + paused.length === 0;
    const found = { ...counts, inStep, stopped, paused };
    if (json) sayJson(found);
    else sayBlock(describeStatus(found, settings));
  });
}

/** The status as an operator reads it. */
export function describeStatus(
  {
    processes,
    held,
    stopped = [],
    paused = [],
    ...step
  }: Status & { readonly stopped?: readonly SyncProcessName[]; readonly paused?: readonly Pause[] },
  { off }: Pick<Settings, 'off'>,
): string {
  const rows = Object.entries(processes).flatMap(([process, types]) =>
    Object.entries(types).map(([type, t]) => [
      process,
      type,
      t.total,
      t.inSync,
      t.due,
      t.waiting,
      t.failing,
      t.parked,
      t.suppressed,
      t.linked,
      t.unlinked,
      t.orphans,
      age(t.oldestDueSeconds),
      t.comparedSeconds === null ? 'never' : age(t.comparedSeconds),
    ]),
  );
  const elsewhere = Object.entries(processes).flatMap(([process, types]) =>
    Object.entries(types).flatMap(([type, { refusedElsewhere }]) =>
      refusedElsewhere === 0
        ? []
        : [`${process} ${type}: ${refusedElsewhere} of the suppressed refused at another target`],
    ),
  );
  return [
    ...(rows.length === 0 ? [] : [table(HEAD, rows), describeStep(step)]),
    ...elsewhere,
    ...stopped.map(describeOtherAccount),
    ...paused.map(describePause),
    ...held.map((hold) =>
      hold.kind === 'unlink' ? describeHold(hold) : describeHeldSweep({ ...hold, kind: hold.kind }),
    ),
    ...off.map(({ process, missing }) => `${process} is off: set ${missing.join(', ')}`),
  ].join('\n');
}
