import { recentKeys } from '../database/detection/recent-keys.ts';
import { dueCandidates, goneCandidates, scanDue, scanGone, type Scan } from '../database/detection/scan.ts';
import { dropChildren } from '../database/records/drop-children.ts';
import { keysWithRecord } from '../database/records/find-by-remote-id.ts';
import { loadPairs } from '../database/records/load-pairs.ts';
import {
  dropValuesOfDeleted,
  refreshOutdatedValues,
  refreshUniqueValues,
} from '../database/records/refresh-unique-values.ts';
import { touchTimes, type Unchanged } from '../database/records/touch-times.ts';
import { writeChildren } from '../database/records/write-children.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { pairWorkflowId } from '../sync/workflow-ids.ts';
import { childrenOf, isChild } from './children.ts';
import { processContext, typeContext, type TypeContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { isAboutNoRow } from './error-mapping.ts';
import { findInParts } from './find-in-parts.ts';
import { hasLeftRemote } from './left-remote.ts';
import { inHalves } from './in-halves.ts';
import { assertEvaluated, judgePairs, type JudgedPair } from './judge-pairs.ts';
import { restate, restatement } from './restate.ts';

export interface FindInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  /** Rows of this type are looked for; their parents, of `type`, are found. */
  readonly via?: EntityType;
  readonly only?: 'urgent';
  /** The brake holds back changes of rows that the target has. */
  readonly withoutUpdates?: true;
  /** Looked for beside a sweep that is under way: rows whose workflows are at work are left to them. */
  readonly notBegun?: boolean;
  /** The last key of the page before. */
  readonly after: EntityKey | null;
  /** The last key that may be found. Absent: any. */
  readonly upTo?: EntityKey;
  /** The first page begins after this key. Absent: at the beginning. */
  readonly from?: EntityKey | null;
  /** Only rows that have changed since, or have outstanding work. Absent: all. */
  readonly since?: string;
  /** With `since`: rows that EMS has deleted are looked for, too. */
  readonly deletions?: boolean;
  readonly limit: number;
}

/** A sweep that finds more rows changed compares all. */
const MANY = 20_000;

export interface FoundPage {
  /** The keys that need a child workflow. */
  readonly keys: readonly EntityKey[];
  /** How many were due but had equal content: their times have been touched. */
  readonly touched: number;
  /** Where the next page begins; null: this was the last one. */
  readonly next: EntityKey | null;
}

/**
 * The next page of rows that are due. Rows whose content the target has already get no child workflow, because that costs more
 * than everything else: their times are touched here, all in one statement.
 */
export async function findDue(dependencies: Dependencies, input: FindInput): Promise<FoundPage> {
  const { type, via } = input;
  const context = typeContext(processContext(dependencies, input), type);
  const { mapping } = context;
  const looked = via === undefined ? context : typeContext(context, via);
  const { notBegun = false } = input;
  const only = input.only === 'urgent' && mapping.urgent !== null ? { condition: mapping.urgent } : {};
  // Once for each step: who lets go of a value, and who gets it, is due in the same sweep.
  if (input.after === null) await refreshOutdated(context, input);
  const em = looked.orm.em.fork();
  const scope = scopeOf(input);
  const due = await findInParts(
    (page) => scanDue(em, looked.detection, { ...scope, ...page, ...only, notBegun }),
    (page) => dueCandidates(em, looked.detection, { ...scope, ...page }),
    pageOf(input),
  );
  const keys = via === undefined ? due.keys : await parentKeys(looked, due.keys);
  const { results } = await inHalves(keys, (some) => touchUnchanged(context, some));
  const settled = new Set(results.flatMap(({ touched }) => touched));
  const held = new Set(input.withoutUpdates === true ? results.flatMap(({ updates }) => updates) : []);
  return { keys: keys.filter((key) => !settled.has(key) && !held.has(key)), touched: settled.size, next: due.next };
}

function pageOf({ after, from = null, upTo, limit }: FindInput) {
  return { after: after ?? from, upTo: upTo ?? null, limit };
}

const scopeOf = ({ since, deletions = false }: FindInput): Scan => (since === undefined ? {} : { since, deletions });

/** A row that cannot be read does not stop it: it is looked at with its page. */
async function refreshOutdated({ orm, detection, keys }: TypeContext, input: FindInput): Promise<void> {
  const { since, via } = input;
  const { after, upTo } = pageOf(input);
  const em = orm.em.fork();
  try {
    // The range is one of the rows that are looked for.
    const range = via === undefined ? { after, upTo } : {};
    const among =
      since === undefined ? range : { keys: await recentKeys(em, detection, since, { after, upTo, limit: MANY }) };
    await refreshOutdatedValues(em, detection, keys, among);
  } catch (error) {
    if (isAboutNoRow(error)) throw error;
  }
}

interface Judged {
  /** Only their times were touched. */
  readonly touched: readonly EntityKey[];
  /** They would change what the target has. */
  readonly updates: readonly EntityKey[];
}

/**
 * Touches the times of those among these rows whose content the target has already. A row that fails here gets a workflow of its
 * own, which shows as FAILING with the error.
 */
async function touchUnchanged(context: TypeContext, all: readonly EntityKey[]): Promise<Judged> {
  const { orm, process, detection, type } = context;
  // Nothing can be touched without a record: in a first load, each row is then loaded once, by its delivery.
  const keys = await keysWithRecord(orm.em.fork(), process.name, type, all);
  if (keys.length === 0) return { touched: [], updates: [] };
  await refreshUniqueValues(orm, detection, keys, context.keys);
  const judged = await judgePairs(context, await loadPairs(orm, detection, keys));
  const unchanged = judged.filter(
    ({ decision, pair }) => decision.kind === 'unchanged' && !hasLeftRemote(context, pair),
  );
  const restated = judged.flatMap((one) => restatement(context, one) ?? []);
  await touchTimes(orm, process.name, type, unchanged.flatMap(timesOf));
  await touchChildren(context, unchanged);
  await restate(context, restated);
  return {
    touched: [...unchanged, ...restated].map(keyOf),
    updates: judged.filter(({ decision }) => decision.kind === 'update').map(keyOf),
  };
}

/** The next page of rows that must leave the target: gone from EMS, or filtered out. */
export async function findGone(dependencies: Dependencies, input: FindInput): Promise<FoundPage> {
  const { type, since, deletions = false, notBegun = false } = input;
  const { orm, mapping, detection } = typeContext(processContext(dependencies, input), type);
  if (isChild(mapping)) return { keys: [], touched: await dropChildren(orm.em.fork(), detection), next: null };
  const em = orm.em.fork();
  if (input.after === null && (since === undefined || deletions)) await dropValuesOfDeleted(em, detection);
  const scope = scopeOf(input);
  const gone = await findInParts(
    (page) => scanGone(em, detection, { ...scope, ...page, notBegun }),
    (page) => goneCandidates(em, detection, { ...scope, ...page }),
    pageOf(input),
  );
  return { ...gone, touched: 0 };
}

const keyOf = ({ pair }: { readonly pair: { readonly key: EntityKey } }): EntityKey => pair.key;

function timesOf({ pair: { key, record }, evaluated }: JudgedPair): Unchanged[] {
  if (record === null) return [];
  return [{ key, fencingToken: record.fencingToken, evaluated: assertEvaluated(evaluated) }];
}

/** Children of an unchanged row are in step, too; their own times may have changed all the same. */
async function touchChildren(context: TypeContext, unchanged: readonly JudgedPair[]): Promise<void> {
  const { orm, process, type } = context;
  const parents = unchanged.map(({ pair, suppressions }) => ({ pair, refused: suppressions }));
  const children = await childrenOf(context, parents);
  const deliveries = unchanged.flatMap(({ pair: { key, record }, evaluated }) => {
    const own = children.get(key);
    if (own === undefined || record === null) return [];
    const { fencingToken } = record;
    const workflowId = pairWorkflowId(process.name, type, key);
    const kind = 'unchanged' as const;
    return [{ key, fencingToken, kind, evaluated: assertEvaluated(evaluated), children: own, workflowId }];
  });
  await orm.em.fork().transactional((em) => writeChildren(em, process.name, type, deliveries));
}

async function parentKeys({ orm, detection, mapping }: TypeContext, keys: readonly EntityKey[]): Promise<EntityKey[]> {
  if (!isChild(mapping)) throw new RangeError(`${mapping.type} is no child`);
  const { childOf } = mapping;
  const { results } = await inHalves(keys, async (some) =>
    (await loadPairs(orm, detection, some)).flatMap(({ entity }) => (entity === null ? [] : [childOf.key(entity)])),
  );
  return [...new Set(results.flat())];
}
