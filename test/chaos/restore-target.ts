import { rmSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { runCli } from '../clients/run-cli.ts';
import { compareAndRepair } from './compare-and-repair.ts';
import { executeAll } from './execute-all.ts';
import { takeOutContacts } from './take-out-contacts.ts';
import { takeOutAtTagServer } from './take-out.ts';
import { takeOutMembers } from './take-out-members.ts';
import type { World } from './world.ts';

const LONGEST_CALL_MS = 15_000;

const fileOf = ({ runFolder }: World, process: SyncProcessName) => join(runFolder, `${process.toLowerCase()}.sqlite`);
const backupOf = (world: World, process: SyncProcessName) => `${fileOf(world, process)}.backup`;

/** Copies the target's data while it is running. */
export function backUpTarget(world: World, process: SyncProcessName): void {
  const source = new DatabaseSync(fileOf(world, process), { readOnly: true });
  try {
    source.exec(`VACUUM INTO '${backupOf(world, process).replaceAll("'", "''")}'`);
  } finally {
    source.close();
  }
}

/**
 * The target has lost everything since its backup. Then the operator's steps, as documented in docs/operating.md, *Restore a
 * target*.
 *
 * @param inStep waits until nothing is due.
 * @returns what `compare` has found, in a few words.
 */
export async function restoreTarget(
  world: World,
  process: SyncProcessName,
  { inStep, note }: { readonly inStep: () => Promise<void>; readonly note: (line: string) => void },
): Promise<string> {
  const file = fileOf(world, process);
  const cli = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await runCli(args, world.environment);
    const said = `${stdout}${stderr}`.trim().split('\n').join(' | ');
    note(`ems-sync ${args.join(' ')} ended with ${code}: ${said}`);
    return said;
  };
  const isMarketing = process === 'MAUTIC' || process === 'MAILCHIMP';
  // What the former one has lost before it was read, nobody knows any more.
  if (isMarketing) await inStep();
  // A poll would take a refusal that the target has lost for one that was lifted.
  await cli('schedules', 'pause', process);
  await cli('pause', process);
  // A call that was on its way ends within its time limit, and is recorded.
  await sleep(LONGEST_CALL_MS);
  await world.targets.get(process)?.crash(() => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    renameSync(backupOf(world, process), file);
  });
  if (isMarketing) await executeAll(world, [SEND_ALL_AGAIN(process)]);
  if (process === 'MAUTIC') await executeAll(world, [forgetAbove(await highestContact(world))]);
  await cli('resume', process);
  if (isMarketing) await sweepToTheEnd(cli, process);
  // What EMS has deleted meanwhile is there again, and rows that it refers to cannot leave before it.
  const first = await repair(world, process);
  await cli('schedules', 'resume', process);
  await inStep();
  const second = await repair(world, process);
  return `compare ${process} --repair found ${first}, then ${second}`;
}

/** Refusals that the target has lost are told it again where our record does not say that it has the address. */
const SEND_ALL_AGAIN = (process: SyncProcessName) =>
  `UPDATE sync_person SET state = 'PENDING', base = base - 'email' - 'mobile'
   WHERE sync_process = '${process}' AND state IN ('IN_SYNC', 'SUPPRESSED', 'PENDING', 'FAILING', 'PARKED') AND remote_id IS NOT NULL`;

/** Mautic gives out again the numbers of contacts that were made since the backup. */
const forgetAbove = (highest: number) =>
  `UPDATE sync_person SET remote_id = NULL, base = NULL, content_hash = NULL, remote_synced_on = NULL, entity_synced_on = NULL
   WHERE sync_process = 'MAUTIC' AND CASE WHEN remote_id ~ '^[0-9]+$' THEN remote_id::numeric > ${highest} END`;

const mauticContacts = z.looseObject({ contacts: z.record(z.string(), z.unknown()) });

async function highestContact({ targets }: World): Promise<number> {
  const url = targets.get('MAUTIC')?.stateUrl;
  if (url === undefined) throw new Error('Mautic is not among the targets');
  const response = await fetch(url);
  const { contacts } = mauticContacts.parse(await response.json());
  return Math.max(0, ...Object.keys(contacts).map(Number));
}

/** On a loaded machine a sweep takes longer than the command waits. */
const WAITS = 10;

async function sweepToTheEnd(
  cli: (...args: readonly string[]) => Promise<string>,
  process: SyncProcessName,
): Promise<void> {
  for (let count = 0; count < WAITS; count += 1) {
    if (!(await cli('sweep', process, 'outbound', '--wait')).includes('has not ended within')) return;
  }
}

/** Repairs what differs, and takes out by hand what EMS does not have. @returns how many. */
async function repair(world: World, process: SyncProcessName): Promise<number> {
  const { differing, orphans, extra } = await compareAndRepair(world, process);
  if (process === 'TAGSERVER') await takeOutAtTagServer(world, new Set(orphans));
  if (process === 'MAUTIC') await takeOutContacts(world, new Set(extra));
  if (process === 'MAILCHIMP') await takeOutMembers(world, new Set(extra));
  return differing;
}
