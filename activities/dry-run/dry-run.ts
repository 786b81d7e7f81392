import { readHolds } from '../../database/records/missing.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { Plan, TypeCounts } from '../../sync/plan.ts';
import type { PlannedChange } from '../../sync/planned-change.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { processContext } from '../context.ts';
import type { Dependencies } from '../dependencies.ts';
import { dryPoll } from './dry-poll.ts';
import { drySweep } from './dry-sweep.ts';

export interface DryRunOptions {
  readonly process: SyncProcessName;
  /** Left out: all of the process. Rows of other types are decided all the same, because these may refer to them. */
  readonly types?: readonly EntityType[];
  /** Takes each change as it is found. */
  readonly onChange?: (change: PlannedChange) => Promise<void> | void;
  /** Told after each page. */
  readonly onProgress?: (type: EntityType, looked: number) => void;
}

/**
 * What the next poll and the next sweep would do, as their own code does it. The target is only read.
 *
 * @param dependencies their `orm` must be of {@link createScratchOrm}: bookkeeping is written there.
 * @throws SyncError if the target cannot be read.
 */
export async function dryRun(
  dependencies: Dependencies,
  { process: name, types, onChange, onProgress }: DryRunOptions,
): Promise<Plan> {
  const { process, remote, orm } = processContext(dependencies, { process: name });
  const counts: Partial<Record<EntityType, TypeCounts>> = {};
  const stopped: Plan['stopped'][number][] = [];
  const isAsked = (type: EntityType) => types === undefined || types.includes(type);
  await remote.probe();
  if (process.directions.includes('inbound')) {
    for await (const item of dryPoll(dependencies, { process: name }))
      if (item.kind === 'changes') await take(item.type, item.changes, item.listed);
  }
  for await (const item of drySweep(dependencies, { process: name })) {
    if (!isAsked(item.type)) continue;
    if (item.kind === 'stopped') {
      if (item.isHeld !== true) stopped.push({ type: item.type, reason: item.reason });
      continue;
    }
    add((counts[item.type] ??= {}), 'unchanged', item.unchanged);
    await take(item.type, item.changes, item.changes.length + item.unchanged);
  }
  const holds = (await readHolds(orm.em.fork(), [name])).filter(
    ({ type, approvedOn }) => isAsked(type) && approvedOn === null,
  );
  for (const { type, held } of holds) add((counts[type] ??= {}), 'hold', held);
  return {
    process: name,
    types: types ?? null,
    counts,
    held: holds.map(({ type, kind, held, linked, examples }) => ({ type, kind, held, linked, examples })),
    stopped,
  };

  async function take(type: EntityType, changes: readonly PlannedChange[], looked: number): Promise<void> {
    for (const change of changes.filter((one) => isAsked(one.type))) {
      add((counts[change.type] ??= {}), change.action, 1);
      await onChange?.(change);
    }
    onProgress?.(type, looked);
  }
}

function add(counts: TypeCounts, name: keyof TypeCounts, by: number): void {
  if (by > 0) counts[name] = (counts[name] ?? 0) + by;
}
