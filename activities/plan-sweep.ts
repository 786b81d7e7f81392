import { findDuePage, findGonePage } from '../database/detection/find-page.ts';
import type { EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { connectedProcess, detectionOf, type Dependencies } from './dependencies.ts';

/** One step of a sweep: bring what is due of a type to the target, or take what is gone off it. */
export interface SweepStep {
  readonly kind: 'due' | 'gone';
  readonly type: EntityType;
}

/**
 * What a sweep has to do, in order: deliveries in dependency order (a race needs its event), then removals in reverse (an
 * event goes after its races). Types with nothing to do are left out, so that an idle sweep ends here.
 */
export async function planSweep(
  dependencies: Dependencies,
  input: { readonly process: SyncProcessName },
): Promise<SweepStep[]> {
  const { process } = connectedProcess(dependencies, input.process);
  const em = dependencies.orm.em.fork();
  const due: SweepStep[] = [];
  const gone: SweepStep[] = [];
  for (const { type } of process.mappings) {
    const detection = detectionOf(dependencies, process, type);
    const first = { after: null, limit: 1 };
    if ((await findDuePage(em, detection, first)).length > 0) due.push({ kind: 'due', type });
    if ((await findGonePage(em, detection, first)).length > 0) gone.unshift({ kind: 'gone', type });
  }
  return [...due, ...gone];
}
