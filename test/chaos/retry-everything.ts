import { pairsInState } from '../../clients/find-pairs.ts';
import { requestSync } from '../../clients/request-sync.ts';
import { onceTemporalAnswers } from '../../demo/temporal-outage.ts';
import type { World } from './world.ts';

const RESTLESS = ['FAILING', 'PARKED', 'PENDING', 'CREATING'] as const;

/** What operators do after an outage, so that nobody waits for the end of a back-off: `npx ems-sync retry PROCESS`. */
export async function retryEverything({ orm, settings, temporal }: World): Promise<void> {
  for (const { target } of settings.enabled) {
    const { process } = target;
    const types = process.mappings.map(({ type }) => type);
    for (const pair of await pairsInState(orm, process, types, { states: RESTLESS }))
      await onceTemporalAnswers(() => requestSync(temporal, pair));
  }
}
