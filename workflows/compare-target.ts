import { log, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { ComparedTarget } from '../activities/compare-target.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { compareActivities } from './activity-proxies.ts';
import { pauseIn } from './paused.ts';
import { syncOutcomeAttribute } from './search-attributes.ts';

export interface CompareResult extends ComparedTarget {
  readonly ended: 'complete' | 'paused';
}

/** Compares a target with EMS by schedule, and tells what differs: repairing is an operator's decision. */
export async function compareTarget({ process }: { readonly process: SyncProcessName }): Promise<CompareResult> {
  let found: ComparedTarget;
  try {
    found = await compareActivities(process).compareTarget({ process });
  } catch (error) {
    const paused = pauseIn(error);
    if (paused === null) throw error;
    setCurrentDetails(paused);
    upsertSearchAttributes([{ key: syncOutcomeAttribute, value: 'PAUSED' }]);
    return { ended: 'paused', compared: 0, differing: {}, examples: [] };
  }
  const counts = Object.entries(found.differing).map(([difference, count]) => `${count} ${difference}`);
  const differs = counts.length > 0;
  const said = `${found.compared} compared, ${differs ? counts.join(', ') : 'nothing differs'}`;
  if (differs) log.warn(`${said}: npx ems-sync compare ${process} --repair`, { process });
  setCurrentDetails([said, ...found.examples].join('\n\n'));
  upsertSearchAttributes([{ key: syncOutcomeAttribute, value: differs ? 'FAILING' : 'IN_SYNC' }]);
  return { ended: 'complete', ...found };
}
