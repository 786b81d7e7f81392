import { loadRemoteIds, type Pair } from '../database/records/load-pairs.ts';
import type { Evaluated } from '../sync/delivery.ts';
import { formatRef } from '../sync/entity-type.ts';
import { judgeOutbound, type JudgedEntity, type JudgedRecord, type OutboundDecision } from '../sync/judge-outbound.ts';
import type { EntityMapping } from '../targets/entity-mapping.ts';
import type { Suppression } from '../sync/suppression.ts';
import type { SyncProcess } from '../targets/sync-process.ts';
import type { Dependencies } from './dependencies.ts';
import { suppressionsOf } from './pair-consent.ts';

export interface JudgedPair {
  readonly pair: Pair;
  readonly decision: OutboundDecision;
  /** Of what row this was judged; null if EMS has none. */
  readonly evaluated: Evaluated | null;
  /** The remote ids of the rows that this one refers to, by `Person/4711`. */
  readonly references: ReadonlyMap<string, string>;
  /** What of the suppression list counts against it. */
  readonly suppressions: readonly Suppression[];
}

/** Maps and judges many pairs at once; each is judged by itself, whatever the others are. */
export async function judgePairs(
  dependencies: Dependencies,
  process: SyncProcess,
  mapping: EntityMapping,
  pairs: readonly Pair[],
  { resend = false }: { readonly resend?: boolean } = {},
): Promise<JudgedPair[]> {
  const references = new Map(
    pairs.map((pair) => [pair.key, pair.entity === null ? [] : mapping.references(pair.entity)] as const),
  );
  const mentions = pairs.flatMap((pair) => (pair.entity === null ? [] : mapping.mentions(pair.entity, pair.sources)));
  const remoteIds = await loadRemoteIds(dependencies.orm, process.name, [
    ...[...references.values()].flat(),
    ...mentions,
  ]);
  const against = await suppressionsOf(dependencies, process.name, mapping, pairs);
  return pairs.map((pair) => {
    const suppressions = against.get(pair.key) ?? [];
    const missing = (references.get(pair.key) ?? []).filter((ref) => !remoteIds.has(formatRef(ref)));
    return {
      pair,
      decision: judgeOutbound(judgedEntity(mapping, pair, missing), judgedRecord(pair), {
        resend,
        suppressions,
        withhold: mapping.consent?.whenRefused === 'withhold',
      }),
      evaluated: evaluatedOf(process, pair),
      references: remoteIds,
      suppressions,
    };
  });
}

function judgedRecord({ record }: Pair): JudgedRecord | null {
  if (record === null) return null;
  const { state, remoteId, contentHash } = record;
  return { state, remoteId, contentHash };
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

/** Of what row a pair was judged; null if EMS has none. */
export function evaluatedOf(process: SyncProcess, pair: Pair): Evaluated | null {
  if (pair.entity === null) return null;
  return {
    modifiedOn: pair.entity.modifiedOn,
    settled: pair.settled,
    sourcesVersion: pair.sourcesVersion,
    mappingVersion: `${process.mappingVersion}`,
  };
}
