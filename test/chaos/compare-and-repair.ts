import { z } from 'zod';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { runCli } from '../clients/run-cli.ts';
import type { World } from './world.ts';

/** `extra` rows that EMS does not have are told only. */
const compared = z.object({
  repaired: z.boolean(),
  differing: z.array(
    z.object({ type: z.string(), key: z.string(), difference: z.string(), isOrphan: z.boolean().optional() }),
  ),
});

export interface Compared {
  readonly differing: number;
  /** What the target has of rows that EMS does not have: `person/12`. */
  readonly orphans: readonly string[];
  /** Those, and rows of which the target has another record, too. */
  readonly extra: readonly string[];
}

/** `npx ems-sync compare PROCESS --repair`. */
export async function compareAndRepair({ environment }: World, process: SyncProcessName): Promise<Compared> {
  const { stdout, stderr } = await runCli(['compare', process, '--repair', '--json'], environment);
  if (stdout === '') throw new Error(`compare ${process} --repair has failed: ${stderr}`);
  const { differing } = compared.parse(JSON.parse(stdout));
  const orphans = differing.filter(({ isOrphan }) => isOrphan === true);
  const extra = differing.filter(({ difference }) => difference === 'extra');
  return { differing: differing.length, orphans: orphans.map(nameOf), extra: extra.map(nameOf) };
}

const nameOf = ({ type, key }: { readonly type: string; readonly key: string }) => `${tableOf(type)}/${key}`;

/** `StartGroup` → `start_group` */
const tableOf = (type: string) => type.replaceAll(/(?<=.)[A-Z]/g, '_$&').toLowerCase();
