import type { EntityType } from '../../sync/entity-type.ts';
import type { PlannedChange } from '../../sync/planned-change.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { ComparisonState } from '../comparison-state.ts';
import { processContext, typeContext } from '../context.ts';
import type { Dependencies } from '../dependencies.ts';
import { findDue, findGone } from '../find-due.ts';
import { planSweep, type StoppedStep, type SweepStep } from '../plan-sweep.ts';
import { dryPage } from './dry-page.ts';

/** Rows decided at once. */
const PAGE_SIZE = 200;

/** A row's change, or a type of which some or all work is not begun. */
export type DrySweepItem =
  | {
      readonly kind: 'changes';
      readonly type: EntityType;
      readonly changes: readonly PlannedChange[];
      readonly unchanged: number;
    }
  | StoppedStep;

/**
 * One full sweep as its own code would do it, page by page, without a call that writes.
 *
 * @param dependencies their `orm` must be of {@link createScratchOrm}: the sweep's bookkeeping is written there.
 */
export async function* drySweep(
  dependencies: Dependencies,
  { process }: { readonly process: SyncProcessName },
): AsyncGenerator<DrySweepItem> {
  const steps = await planSweep(dependencies, new ComparisonState(), { process, full: true });
  for (const step of steps) {
    if (step.kind === 'stopped') yield step;
    else yield* dryStep(dependencies, process, step);
  }
}

async function* dryStep(
  dependencies: Dependencies,
  process: SyncProcessName,
  step: SweepStep,
): AsyncGenerator<DrySweepItem> {
  const { kind, type, atOnce: _, mark: __, ...looked } = step;
  const context = typeContext(processContext(dependencies, { process }), type);
  const find = kind === 'due' ? findDue : findGone;
  let after = null;
  do {
    const page = await find(dependencies, { process, type, ...looked, after, limit: PAGE_SIZE });
    const changes = await dryPage(context, page.keys);
    yield { kind: 'changes', type, changes, unchanged: page.touched };
    after = page.next;
  } while (after !== null);
}
