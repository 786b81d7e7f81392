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
import { processOf } from './names.ts';
import { enabledTarget, inSession, type Session } from './session.ts';

const HEAD = ['type', 'total', 'in sync', 'due', 'wait', 'fail', 'park', 'oldest', 'compared'];

/** Told below the table, where there are any: fourteen columns would not fit into 80 letters. */
const BELOW = ['suppressed', 'linked', 'unlinked', 'orphans'] as const;

export interface StatusOptions {
  readonly json?: true;
  /** Exit with 1 unless all is in step: nothing due, waiting, failing, held, stopped or paused. */
  readonly exitCode?: true;
  readonly process?: SyncProcessName;
}

/** The settings, without those of other processes. @throws CommandError if this one is off. */
function ofProcess(session: Session, only: SyncProcessName | undefined): Settings {
  const { settings } = session;
  if (only === undefined) return settings;
  return { ...settings, enabled: [enabledTarget(session, processOf(only))], off: [] };
}

/** `ems-sync status` */
export async function status({ json, exitCode, process: only }: StatusOptions): Promise<void> {
  await inSession(async (session) => {
    const settings = ofProcess(session, only);
    const processes = settings.enabled.map(({ target }) => target.process);
    const orm = await session.database();
    const stopped = await processesWithOtherAccount(orm, settings);
    const counts = await readStatus(orm, processes, settings.common);
    const paused = await pausesOf(session);
    const inStep = counts.inStep && stopped.length + paused.length === 0;
    const found = { ...counts, inStep, stopped, paused };
    if (json) sayJson(found);
    else sayBlock(describeStatus(found, settings));
    if (exitCode === true && !found.inStep) process.exitCode = 1;
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
  const blocks = Object.entries(processes).flatMap(([process, types]) => {
    const rows = Object.entries(types).map(([type, t]) => [
      type,
      t.total,
      t.inSync,
      t.due,
      t.waiting,
      t.failing,
      t.parked,
      age(t.oldestDueSeconds),
      t.comparedSeconds === null ? 'never' : age(t.comparedSeconds),
    ]);
    const more = Object.entries(types).flatMap(([type, t]) => {
      const told = BELOW.flatMap((name) => (t[name] > 0 ? [`${t[name]} ${name}`] : []));
      return told.length === 0 ? [] : [`${type}: ${told.join(', ')}`];
    });
    return rows.length === 0 ? [] : [process, table(HEAD, rows), ...more, ''];
  });
  const elsewhere = Object.entries(processes).flatMap(([process, types]) =>
    Object.entries(types).flatMap(([type, { refusedElsewhere }]) =>
      refusedElsewhere === 0
        ? []
        : [`${process} ${type}: ${refusedElsewhere} of the suppressed refused at another target`],
    ),
  );
  return [
    ...(blocks.length === 0 ? [] : [...blocks, describeStep(step)]),
    ...elsewhere,
    ...stopped.map(describeOtherAccount),
    ...paused.map(describePause),
    ...held.map((hold) =>
      hold.kind === 'unlink' ? describeHold(hold) : describeHeldSweep({ ...hold, kind: hold.kind }),
    ),
    ...off.map(({ process, missing }) => `${process} is off: set ${missing.join(', ')}`),
  ].join('\n');
}
