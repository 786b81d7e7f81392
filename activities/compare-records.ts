import pLimit from 'p-limit';
import { findByKeys } from '../database/records/find-by-remote-id.ts';
import { confirmedKeys } from '../database/records/confirmed-keys.ts';
import { loadPairs, type Pair } from '../database/records/load-pairs.ts';
import type { ComparedPage, DifferingRecord } from '../sync/compared-record.ts';
import type { Content } from '../sync/content-hash.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import { plannedFields } from '../sync/planned-change.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { HeldRecord, ListedRecords } from '../targets/remote-system.ts';
import { processContext, typeContext, type TypeContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { judgePairs, type JudgedPair } from './judge-pairs.ts';

export interface CompareInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  /** From {@link ComparedPage.next}; null: from the beginning. */
  readonly after: string | null;
  readonly limit: number;
}

/** A slow target is read by two calls at once. */
const SLOW_CALLS_PER_SECOND = 20;

/**
 * Compares the next records that we believe to be in step with what the target holds, by key and field. Rows that are
 * due are left out: their difference is known. The target is only read.
 *
 * @throws SyncError if a record cannot be read.
 */
export async function compareRecords(dependencies: Dependencies, input: CompareInput): Promise<ComparedPage> {
  const context = typeContext(processContext(dependencies, input), input.type);
  const { orm, detection, process, type } = context;
  if (context.mapping.childOf !== null || !canBeRead(context)) return { compared: 0, differing: [], next: null };
  const { after, limit } = input;
  const keys = await confirmedKeys(orm.em.fork(), { process: process.name, type, after, limit });
  const judged = await judgePairs(context, await loadPairs(orm, detection, keys));
  const settled = judged.flatMap((one) => settledContent(context, one) ?? []);
  const { callsPerSecond, concurrentCalls } = process.limits;
  const calls = pLimit(callsPerSecond <= SLOW_CALLS_PER_SECOND ? 2 : Math.min(concurrentCalls, 8));
  const found = await calls.map(settled, (one) => compareOne(context, one));
  return {
    compared: settled.length,
    differing: found.flatMap((one) => one ?? []),
    next: keys.length < limit ? null : (keys.at(-1) ?? null),
  };
}

const canBeRead = ({ remote, mapping }: TypeContext) =>
  remote.held !== undefined || (remote.inbound !== undefined && mapping.inbound !== null);

interface Settled {
  readonly key: EntityKey;
  readonly remoteId: string;
  readonly content: Content;
}

/** What the target should hold; null: the next sweep would do something with it. */
function settledContent({ mapping }: TypeContext, { pair, decision }: JudgedPair): Settled | null {
  const { entity, sources, record, key }: Pair = pair;
  // Where a refusal withholds everything, nothing of the row is sent any more.
  const isRefused = decision.kind === 'suppress' && mapping.consent?.whenRefused !== 'withhold';
  const isSettled = decision.kind === 'unchanged' || (isRefused && record?.contentHash != null);
  if (!isSettled || entity === null || record === null || record.remoteId === null) return null;
  const mapped = mapping.map(entity, sources);
  return mapped.kind === 'mapped' ? { key, remoteId: record.remoteId, content: mapped.content } : null;
}

async function compareOne(context: TypeContext, { key, remoteId, content }: Settled): Promise<DifferingRecord | null> {
  const { type } = context;
  const held = await readHeld(context, { key, remoteId, content });
  if (held === null) return { type, key, difference: 'missing' };
  if (held.remoteId !== remoteId || (held.emsKey !== null && held.emsKey !== key))
    return { type, key, difference: 'merged' };
  const fields = plannedFields(held.content, content).map(({ field }) => field);
  return fields.length === 0 ? null : { type, key, difference: 'different', fields };
}

async function readHeld(
  { remote, type }: TypeContext,
  { key, remoteId, content }: Settled,
): Promise<HeldRecord | null> {
  if (remote.held !== undefined) return remote.held.read({ type, key, remoteId, content });
  return (await remote.inbound?.fetch({ type, remoteId }, key)) ?? null;
}

/** The next records at the target that carry an EMS id and that no record of ours knows. */
export async function findExtra(dependencies: Dependencies, input: CompareInput): Promise<ComparedPage> {
  const context = typeContext(processContext(dependencies, input), input.type);
  const { orm, detection, process, type } = context;
  const listed = await listRecords(context, input.after);
  if (listed === null) return { compared: 0, differing: [], next: null };
  const claimed = listed.records.flatMap(({ emsKey, remoteId }) => (emsKey === null ? [] : [{ emsKey, remoteId }]));
  const keys = [...new Set(claimed.map(({ emsKey }) => emsKey))];
  const ours = await findByKeys(orm.em.fork(), process.name, type, keys);
  const unknown = claimed.filter(({ emsKey, remoteId }) => ours.get(emsKey)?.remoteId !== remoteId);
  const pairs = await loadPairs(orm, detection, [...new Set(unknown.map(({ emsKey }) => emsKey))]);
  const isThere = new Map(pairs.map(({ key, entity, record }) => [key, entity !== null || record !== null]));
  return {
    compared: listed.records.length,
    differing: unknown.map(({ emsKey }) => ({
      type,
      key: emsKey,
      difference: 'extra',
      ...(isThere.get(emsKey) === true ? {} : { isOrphan: true as const }),
    })),
    next: listed.next,
  };
}

/** A page of all records; null: the target has no such list. */
async function listRecords({ remote, type, mapping }: TypeContext, page: string | null): Promise<ListedRecords | null> {
  if (remote.held?.list !== undefined) return remote.held.list(type, page);
  if (remote.consent !== undefined && mapping.consent !== null) {
    const [scope] = remote.consent.scopes;
    if (scope === undefined) return null;
    const { contacts, next } = await remote.consent.list({ scope, since: null, page });
    return { records: contacts.filter(({ isReport }) => isReport !== true), next };
  }
  return null;
}
