import { z } from 'zod';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { runCli } from '../clients/run-cli.ts';
import type { World } from './world.ts';

/** `extra` rows that EMS does not have are told only. */
const compared = z.object({
  repaired: z.boolean(),
  differing: z.array(z.object({ type: z.string(), key: z.string(), isOrphan: z.boolean().optional() })),
});

export interface Compared {
  readonly differing: number;
  /** What the target has of rows that EMS does not have: `person/12`. */
  readonly orphans: readonly string[];
}

/** `npx ems-sync compare PROCESS --repair`. */
export async function compareAndRepair({ environment }: World, process: SyncProcessName): Promise<Compared> {
  const { stdout, stderr } = await runCli(['compare', process, '--repair', '--json'], environment);
  if (stdout === '') throw new Error(`compare ${process} --repair has failed: ${stderr}`);
  const { differing } = compared.parse(JSON.parse(stdout));
  const orphans = differing.filter(({ isOrphan }) => isOrphan === true);
  return { differing: differing.length, orphans: orphans.map(({ type, key }) => `${tableOf(type)}/${key}`) };
}

/** `StartGroup` → `start_group` */
const tableOf = (type: string) => type.replaceAll(/(?<=.)[A-Z]/g, '_$&').toLowerCase();
