import { rmSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { runCli } from '../clients/run-cli.ts';
import type { World } from './world.ts';

/** A target that is only written to: docs/operating.md, *Restore a target*, has one command for it. */
const TARGET = 'TAGSERVER';

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

/**
 * The target has lost everything since its backup. Then the operator's step, as documented.
 *
 * @returns the last line of what the command printed.
 */
export async function restoreTarget(world: World): Promise<string> {
  const file = fileOf(world);
  await world.targets.get(TARGET)?.crash(() => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    renameSync(backupOf(world), file);
  });
  const { code, stdout, stderr } = await runCli(['compare', TARGET, '--repair'], world.environment);
  const last = `${stdout}${stderr}`.trim().split('\n').at(-1) ?? '';
  return `compare ${TARGET} --repair ended with ${code}: ${last}`;
}
