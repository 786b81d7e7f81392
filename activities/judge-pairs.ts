import { loadRemoteIds, type Pair } from '../database/records/load-pairs.ts';
import type { Evaluated } from '../sync/delivery.ts';
import { formatRef } from '../sync/entity-type.ts';
import { judgeOutbound, type JudgedEntity, type JudgedRecord, type OutboundDecision } from '../sync/judge-outbound.ts';
import type { EntityMapping } from '../targets/entity-mapping.ts';
import type { Suppression } from '../sync/suppression.ts';
import type { TypeContext } from './context.ts';
import { suppressionsOf } from './pair-consent.ts';
import { fingerprintOfRow, isReissued } from './row-identity.ts';

export interface JudgedPair {
  readonly pair: Pair;
  readonly decision: OutboundDecision;
  /** The state of the judged row; null if EMS has none. */
  readonly evaluated: Evaluated | null;
  /** The remote ids of the rows that this one refers to, by `Person/4711`. */
  readonly references: ReadonlyMap<string, string>;
  /** The entries of the suppression list that apply to it. */
  readonly suppressions: readonly Suppression[];
}

export interface JudgePairsOptions {
  readonly resend?: boolean;
}

/** Maps and judges many pairs at once; each independently of the others. */
export async function judgePairs(
  context: TypeContext,
  pairs: readonly Pair[],
  options: JudgePairsOptions = {},
): Promise<JudgedPair[]> {
  const { orm, process, mapping } = context;
  const mentions = pairs.flatMap(({ entity, sources }) => (entity === null ? [] : mapping.mentions(entity, sources)));
  const referred = pairs.flatMap((pair) => referencesOf(mapping, pair));
  const references = await loadRemoteIds(orm, process.name, [...referred, ...mentions]);
  const listed = await suppressionsOf(context, pairs);
  return pairs.map((pair) =>
    judge(context, pair, { ...options, references, suppressions: listed.get(pair.key) ?? [] }),
  );
}

/** The same for one pair. */
export async function judgePair(
  context: TypeContext,
  pair: Pair,
  options: JudgePairsOptions = {},
): Promise<JudgedPair> {
  const [judged] = await judgePairs(context, [pair], options);
  if (judged === undefined) throw new RangeError(`${context.type}/${pair.key} was not judged`);
  return judged;
}

function judge(
  context: TypeContext,
  pair: Pair,
  { resend = false, references, suppressions }: JudgePairsOptions & Pick<JudgedPair, 'references' | 'suppressions'>,
): JudgedPair {
  const { mapping } = context;
  const missing = referencesOf(mapping, pair).filter((ref) => !references.has(formatRef(ref)));
  const withhold = mapping.consent?.whenRefused === 'withhold';
  const decision = judgeOutbound(judgedEntity(mapping, pair, missing), judgedRecord(context, pair), {
    keys: context.keys,
    resend,
    suppressions,
    withhold,
  });
  return { pair, decision, evaluated: evaluatedOf(context, pair), references, suppressions };
}

const referencesOf = (mapping: EntityMapping, { entity }: Pair) => (entity === null ? [] : mapping.references(entity));

function judgedRecord(context: TypeContext, pair: Pair): JudgedRecord | null {
  if (pair.record === null) return null;
  const { state, remoteId, contentHash, lastError } = pair.record;
  return { state, remoteId, contentHash, lastError, reissued: isReissued(context, pair) };
}

function judgedEntity(
  mapping: EntityMapping,
  pair: Pair,
  missing: ReturnType<EntityMapping['references']>,
): JudgedEntity {
  if (pair.entity === null) return { kind: 'gone' };
  if (!pair.passesFilter) return { kind: 'filtered-out' };
  if (pair.sharedWith !== null) return { kind: 'shared', owner: { type: mapping.type, key: pair.sharedWith } };
  const mapped = mapping.map(pair.entity, pair.sources);
  return mapped.kind === 'mapped' ? { ...mapped, missing } : mapped;
}

/** The row state by which a pair was judged; null if EMS has none. */
export function evaluatedOf(context: Pick<TypeContext, 'mapping' | 'keys'>, pair: Pair): Evaluated | null {
  const { entity, settled, sourcesVersion } = pair;
  if (entity === null) return null;
  const fingerprint = fingerprintOfRow(context, pair);
  const { version: mappingVersion } = context.mapping;
  const { modifiedOn } = entity;
  return { modifiedOn, settled, sourcesVersion, mappingVersion, ...(fingerprint === null ? {} : { fingerprint }) };
}

/** @throws Error if EMS has no such row: a decision without a row is a bug of ours. */
export function assertEvaluated(evaluated: Evaluated | null): Evaluated {
  if (evaluated === null) throw new Error('an entity that EMS does not have cannot have been judged like this');
  return evaluated;
}
