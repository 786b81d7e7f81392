import { findDuePage, findGonePage } from '../database/detection/find-page.ts';
import { loadPairs } from '../database/records/load-pairs.ts';
import { moveTimes, type Unchanged } from '../database/records/move-times.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { mappingOf } from '../targets/sync-process.ts';
import { connectedProcess, detectionOf, type Dependencies } from './dependencies.ts';
import { judgePairs } from './judge-pairs.ts';

export interface FindInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  /** The last key of the page before. */
  readonly after: EntityKey | null;
  readonly limit: number;
}

export interface FoundPage {
  /** The keys that need a child. */
  readonly keys: readonly EntityKey[];
  /** How many were due but had equal content: their times have been moved. */
  readonly moved: number;
  /** Where the next page begins; null: this was the last one. */
  readonly next: EntityKey | null;
}

/**
 * The next page of rows that are due. Those whose content the target has already get no child, for a child costs more than
 * everything else: their times are moved here, all in one statement.
 */
export async function findDue(dependencies: Dependencies, input: FindInput): Promise<FoundPage> {
  const { orm } = dependencies;
  const { process } = connectedProcess(dependencies, input.process);
  const detection = detectionOf(dependencies, process, input.type);
  const due = await findDuePage(orm.em.fork(), detection, input);
  const pairs = await loadPairs(orm, detection, due);
  const judged = await judgePairs(orm, process, mappingOf(process, input.type), pairs);
  const unchanged = judged.flatMap(({ pair, decision, examined }): Unchanged[] =>
    decision.kind === 'unchanged' && pair.record !== null && examined !== null
      ? [{ key: pair.key, pass: pair.record.pass, examined }]
      : [],
  );
  await moveTimes(orm, process.name, input.type, unchanged);
  const settled = new Set(unchanged.map(({ key }) => key));
  return page(due, input.limit, settled);
}

/** The next page of rows that must leave the target: gone from EMS, or filtered out. */
export async function findGone(dependencies: Dependencies, input: FindInput): Promise<FoundPage> {
  const { process } = connectedProcess(dependencies, input.process);
  const detection = detectionOf(dependencies, process, input.type);
  return page(await findGonePage(dependencies.orm.em.fork(), detection, input), input.limit, new Set());
}

function page(found: readonly EntityKey[], limit: number, settled: ReadonlySet<EntityKey>): FoundPage {
  return {
    keys: found.filter((key) => !settled.has(key)),
    moved: settled.size,
    next: found.length < limit ? null : (found.at(-1) ?? null),
  };
}
