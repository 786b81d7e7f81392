import { findDuePage, findGonePage } from '../database/detection/find-page.ts';
import { dropChildren } from '../database/records/drop-children.ts';
import { loadPairs, type AnyRow } from '../database/records/load-pairs.ts';
import { touchTimes, type Unchanged } from '../database/records/touch-times.ts';
import { writeChildren } from '../database/records/write-children.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { pairWorkflowId } from '../sync/workflow-ids.ts';
import { mappingOf, type SyncProcess } from '../targets/sync-process.ts';
import { assertEvaluated } from './call-target.ts';
import { connectedProcess, detectionOf, type Dependencies } from './dependencies.ts';
import { judgePairs, type JudgedPair } from './judge-pairs.ts';
import { childrenOf, isChild } from './children.ts';

export interface FindInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  /** Rows of this type are looked for; their parents, of `type`, are found. */
  readonly via?: EntityType;
  readonly only?: 'urgent';
  /** The last key of the page before. */
  readonly after: EntityKey | null;
  readonly limit: number;
}

export interface FoundPage {
  /** The keys that need a child. */
  readonly keys: readonly EntityKey[];
  /** How many were due but had equal content: their times have been touched. */
  readonly touched: number;
  /** Where the next page begins; null: this was the last one. */
  readonly next: EntityKey | null;
}

/**
 * The next page of rows that are due. Those whose content the target has already get no child, for a child costs more than
 * everything else: their times are touched here, all in one statement.
 */
export async function findDue(dependencies: Dependencies, input: FindInput): Promise<FoundPage> {
  const { orm } = dependencies;
  const { process } = connectedProcess(dependencies, input.process);
  const { type, limit } = input;
  const mapping = mappingOf(process, type);
  const { urgent } = mapping;
  const looked = detectionOf(dependencies, process, input.via ?? type);
  const only = input.only === 'urgent' && urgent !== null ? { condition: urgent } : {};
  const due = await findDuePage(orm.em.fork(), looked, { after: input.after, limit, ...only });
  const keys = input.via === undefined ? due : await parentsOf(dependencies, process, input.via, due);
  const pairs = await loadPairs(orm, detectionOf(dependencies, process, type), keys);
  const judged = await judgePairs(dependencies, process, mapping, pairs);
  const unchanged = judged.filter(({ decision }) => decision.kind === 'unchanged');
  await touchTimes(orm, process.name, type, unchanged.flatMap(timesOf));
  await touchChildren(dependencies, process, type, unchanged);
  const settled = new Set(unchanged.map(({ pair }) => pair.key));
  return {
    keys: keys.filter((key) => !settled.has(key)),
    touched: settled.size,
    next: due.length < limit ? null : (due.at(-1) ?? null),
  };
}

/** The next page of rows that must leave the target: gone from EMS, or filtered out. */
export async function findGone(dependencies: Dependencies, input: FindInput): Promise<FoundPage> {
  const { process } = connectedProcess(dependencies, input.process);
  const detection = detectionOf(dependencies, process, input.type);
  const em = dependencies.orm.em.fork();
  if (isChild(mappingOf(process, input.type))) {
    return { keys: [], touched: await dropChildren(em, detection), next: null };
  }
  const gone = await findGonePage(em, detection, { after: input.after, limit: input.limit });
  return { keys: gone, touched: 0, next: gone.length < input.limit ? null : (gone.at(-1) ?? null) };
}

function timesOf({ pair, evaluated }: JudgedPair): Unchanged[] {
  return pair.record === null
    ? []
    : [{ key: pair.key, fencingToken: pair.record.fencingToken, evaluated: assertEvaluated(evaluated) }];
}

/** Children of an unchanged row are in step, too; their own times may have changed all the same. */
async function touchChildren(
  dependencies: Dependencies,
  process: SyncProcess,
  type: EntityType,
  unchanged: readonly JudgedPair[],
): Promise<void> {
  const parents = unchanged.map(({ pair, suppressions }) => ({ pair, refused: suppressions }));
  const children = await childrenOf(dependencies, process, type, parents);
  const deliveries = unchanged.flatMap(({ pair, evaluated }) => {
    const own = children.get(pair.key);
    if (own === undefined || pair.record === null) return [];
    const workflowId = pairWorkflowId(process.name, type, pair.key);
    const { key } = pair;
    const { fencingToken } = pair.record;
    return [
      {
        key,
        fencingToken,
        kind: 'unchanged' as const,
        evaluated: assertEvaluated(evaluated),
        children: own,
        workflowId,
      },
    ];
  });
  await dependencies.orm.em.fork().transactional((em) => writeChildren(em, process.name, type, deliveries));
}

async function parentsOf(
  dependencies: Dependencies,
  process: SyncProcess,
  via: EntityType,
  keys: readonly EntityKey[],
): Promise<EntityKey[]> {
  const mapping = mappingOf(process, via);
  if (!isChild(mapping)) throw new RangeError(`${via} is no child`);
  const pairs = await loadPairs(dependencies.orm, detectionOf(dependencies, process, via), keys);
  const rows = pairs.flatMap(({ entity }): AnyRow[] => (entity === null ? [] : [entity]));
  return [...new Set(rows.map((row) => mapping.childOf.key(row)))];
}
