import { rmSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { runCli } from '../clients/run-cli.ts';
import { takeOutAtTagServer } from './take-out.ts';
import type { World } from './world.ts';

/** A target that is only written to: docs/operating.md, *Restore a target*, has one command for it. */
const TARGET = 'TAGSERVER';

const LONGEST_CALL_MS = 15_000;

const fileOf = ({ runFolder }: World) => join(runFolder, 'tagserver.sqlite');
const backupOf = (world: World) => `${fileOf(world)}.backup`;

/** Copies the target's data while it is running. */
export function backUpTarget(world: World): void {
  const source = new DatabaseSync(fileOf(world), { readOnly: true });
  try {
    source.exec(`VACUUM INTO '${backupOf(world).replaceAll("'", "''")}'`);
  } finally {
    source.close();
  }
}

/** `extra` rows that EMS does not have are told only. */
const compared = z.object({
  repaired: z.boolean(),
  differing: z.array(z.object({ type: z.string(), key: z.string(), isOrphan: z.boolean().optional() })),
});

/**
 * The target has lost everything since its backup. Then the operator's steps, as documented.
 *
 * @param inStep waits until nothing is due.
 * @returns what `compare` has found, in a few words.
 */
export async function restoreTarget(world: World, inStep: () => Promise<void>): Promise<string> {
  const file = fileOf(world);
  await runCli(['pause', TARGET], world.environment);
  // A call that was on its way ends within its time limit, and is recorded.
  await sleep(LONGEST_CALL_MS);
  await world.targets.get(TARGET)?.crash(() => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    renameSync(backupOf(world), file);
  });
  await runCli(['resume', TARGET], world.environment);
  // What EMS has deleted meanwhile is there again, and rows that it refers to cannot leave before it.
  const first = await repair(world);
  await inStep();
  const second = await repair(world);
  return `compare ${TARGET} --repair found ${first}, then ${second}`;
}

/** Repairs what differs, and takes out by hand what EMS does not have. @returns how many. */
async function repair(world: World): Promise<number> {
  const { stdout } = await runCli(['compare', TARGET, '--repair', '--json'], world.environment);
  const { differing } = compared.parse(JSON.parse(stdout));
  const orphans = differing.filter(({ isOrphan }) => isOrphan === true);
  await takeOutAtTagServer(world, new Set(orphans.map(({ type, key }) => `${tableOf(type)}/${key}`)));
  return differing.length;
}

/** `StartGroup` → `start_group` */
const tableOf = (type: string) => type.replaceAll(/(?<=.)[A-Z]/g, '_$&').toLowerCase();
