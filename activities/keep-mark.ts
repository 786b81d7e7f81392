import { noteComparisons } from '../database/detection/comparisons.ts';
import { clearDue } from '../database/records/due-counts.ts';
import type { EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { ComparisonState, PlannedMark } from './comparison-state.ts';
import { isChild } from './children.ts';
import { processContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';

export interface KeepMarkInput {
  readonly process: SyncProcessName;
  readonly mark: PlannedMark;
  /** Types that could not be read. */
  readonly except: readonly EntityType[];
}

/**
 * A sweep has handed over everything that its plan found: later sweeps need not look further back. Types whose mapping
 * has another version here, as during an update, are left out.
 */
export async function keepMark(
  dependencies: Dependencies,
  state: ComparisonState,
  { process: name, mark, except }: KeepMarkInput,
): Promise<void> {
  const { orm, process } = processContext(dependencies, { process: name });
  const left = process.mappings.filter(
    (mapping) =>
      mark.types.includes(mapping.type) &&
      mark.versions[mapping.type] === mapping.version &&
      !except.includes(mapping.type) &&
      !(isChild(mapping) && except.includes(mapping.childOf.type)),
  );
  const types = left.map(({ type }) => type);
  if (types.length === 0) return;
  await clearDue(orm.em.fork(), name, types);
  const ended = state.keep(name, { ...mark, types }, performance.now());
  await noteComparisons(orm.em.fork(), name, ended);
}
