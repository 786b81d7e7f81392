import type { Command } from 'commander';
import type { Settings } from '../../settings/read-settings.ts';
import { readStatus, type Status } from '../status.ts';
import { age, say, sayJson, table } from './output.ts';
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
  'orphans',
  'oldest due',
];

/** `ems-sync status` */
export function addStatus(program: Command): void {
  program
    .command('status')
    .description('where every type of every enabled process stands')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample: npx ems-sync status\nOne entity in detail: npx ems-sync why Person 4711')
    .action(({ json }: { json?: true }) =>
      inSession(async (session) => {
        const { settings } = session;
        const processes = settings.enabled.map(({ target }) => target.process);
        const status = await readStatus(await session.database(), processes, settings.common.SETTLE_MS);
        if (json) sayJson(status);
        else say(describeStatus(status, settings));
      }),
    );
}

/** The status as an operator reads it. */
export function describeStatus({ inStep, processes }: Status, { off }: Pick<Settings, 'off'>): string {
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
      t.orphans,
      age(t.oldestDueSeconds),
    ]),
  );
  return [
    ...(rows.length === 0 ? [] : [table(HEAD, rows), inStep ? 'in step' : 'not in step']),
    ...off.map(({ process, missing }) => `${process} is off: set ${missing.join(', ')}`),
  ].join('\n');
}
