import type { SyncProcessName } from '../../../sync/sync-process-name.ts';
import { TARGETS } from '../../../targets/index.ts';
import type { SyncProcess } from '../../../targets/sync-process.ts';

/** The declaration of a process whose name has been validated. */
export function processOf(name: SyncProcessName): SyncProcess {
  const target = TARGETS.find(({ process }) => process.name === name);
  if (target === undefined) throw new RangeError(`${name} is declared nowhere`);
  return target.process;
}
